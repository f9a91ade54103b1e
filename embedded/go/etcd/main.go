// Command etcd is etcd in the release that the Kubernetes of this module is tested with; Debian's is too old for some of
// Kubernetes' features.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
