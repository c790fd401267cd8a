// Command kube is a Kubernetes control plane in one program: it acts as the component that its
// first argument names. One link, and every shared package compiled once, make the build short.
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	nodes "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	heartbeat "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	pods "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	"sigs.k8s.io/kwok/pkg/config"
	kwokcmd "sigs.k8s.io/kwok/pkg/kwok/cmd"
	"sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/signals"
)

// part runs one component on os.Args, whose first element is the component's name, and gives the
// status to exit with.
type part func() int

func main() {
	parts := map[string]part{
		"etcd":                    etcd,
		"kube-apiserver":          of(apiserver.NewAPIServerCommand),
		"kube-controller-manager": of(manager.NewControllerManagerCommand),
		"kube-scheduler":          of(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
		"kwok":                    kwok,
		"probe":                   probe,
		"stages":                  stages,
	}
	if len(os.Args) > 1 {
		if run, known := parts[os.Args[1]]; known {
			os.Args = os.Args[1:]
			os.Exit(run())
		}
	}
	var names []string
	for name := range parts {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(os.Stderr, "usage: kube %s [FLAG]...\n", strings.Join(names, "|"))
	os.Exit(2)
}

// of is the part that a command of Kubernetes' own is.
func of(command func() *cobra.Command) part {
	return func() int { return cli.Run(command()) }
}

func etcd() int {
	etcdmain.Main(os.Args)
	return 0
}

// kwok plays the kubelets of all nodes.
func kwok() int {
	// The other components have put flags of theirs here, which cobra would give to kwok too.
	pflag.CommandLine = pflag.NewFlagSet("kwok", pflag.ExitOnError)
	flags := pflag.NewFlagSet("kwok", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	ctx, _ := log.InitFlags(signals.SetupSignalContext(), flags)
	ctx, err := config.InitFlags(ctx, flags)
	if err != nil {
		return failed("kwok", err)
	}
	command := kwokcmd.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(flags)
	if err := command.ExecuteContext(ctx); err != nil {
		return failed("kwok", err)
	}
	return 0
}

// stages prints what kwok is to do with nodes and pods: without a configuration it does nothing.
func stages() int {
	all := []string{
		nodes.DefaultNodeInit,
		heartbeat.DefaultNodeHeartbeatWithLease,
		pods.DefaultPodReady,
		pods.DefaultPodComplete,
		pods.DefaultPodDelete,
	}
	for _, stage := range all {
		fmt.Printf("---\n%s\n", strings.TrimSpace(stage))
	}
	return 0
}

func failed(who string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", who, err)
	return 1
}
