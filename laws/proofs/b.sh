for f in "$@"; do /usr/bin/time -f "$f %es" coqc -Q . Escadre $f.v || break; done
