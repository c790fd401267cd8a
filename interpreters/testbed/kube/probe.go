package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// pause is how long the probe waits before it asks again.
const pause = 20 * time.Millisecond

// probe asks URLs, one after the other, until each has answered 200, and prints the status of the
// last answer of each. It fails where one has not answered so in time.
func probe() int {
	flags := flag.NewFlagSet("probe", flag.ExitOnError)
	ca := flags.String("ca", "", "the file of the authority that signed the servers' certificates")
	token := flags.String("token", "", "the file of the bearer token")
	within := flags.Duration("within", 0, "how long to ask again; once if 0")
	_ = flags.Parse(os.Args[1:])
	asking, err := newAsking(*ca, *token)
	if err != nil {
		return failed("probe", err)
	}
	deadline := time.Now().Add(*within)
	for _, url := range flags.Args() {
		if err := asking.until(deadline, url); err != nil {
			return failed(url, err)
		}
	}
	return 0
}

// asking is a client that trusts one authority and shows one token.
type asking struct {
	client http.Client
	token  string
}

func newAsking(ca, token string) (*asking, error) {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", ca)
	}
	secret, err := os.ReadFile(token)
	if err != nil {
		return nil, err
	}
	// No proxy: the servers are on this machine.
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	client := http.Client{Transport: transport, Timeout: 5 * time.Second}
	return &asking{client, strings.TrimSpace(string(secret))}, nil
}

// until asks the URL until it answers 200, and prints the last status.
func (a *asking) until(deadline time.Time, url string) error {
	for {
		status, err := a.once(url)
		if err == nil || time.Now().After(deadline) {
			if status != 0 {
				fmt.Println(status)
			}
			return err
		}
		time.Sleep(pause)
	}
}

// once gives the status of the answer, 0 if there is none, and an error unless it is 200.
func (a *asking) once(url string) (int, error) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	answer, err := a.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK {
		return answer.StatusCode, errors.New(answer.Status + ": " + string(body))
	}
	return answer.StatusCode, err
}
