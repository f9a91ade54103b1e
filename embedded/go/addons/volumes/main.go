// Command volumes provisions, expands and deletes the embedded cluster's persistent volumes: one directory per claim.
//
// It exists because Kubernetes' own host-path provisioner makes directories of mode 0750 under /tmp that no non-root pod can
// write. A `local` volume lets the kubelet apply fsGroup as on a real disk.
package main

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "file with the address and credentials of the API server")
	directory := flag.String("directory", "", "directory that holds one directory per volume")
	node := flag.String("node", "", "name of the node that has the directory")
	name := flag.String("provisioner", "", "name by which storage classes refer to this provisioner")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	if err := run(ctx, *kubeconfig, *name, directories{root: *directory, node: *node}); err != nil {
		klog.ErrorS(err, "volumes")
		os.Exit(1)
	}
}

func run(ctx context.Context, kubeconfig, name string, volumes directories) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.ContentType = "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	shared := informers.NewSharedInformerFactory(client, 0)
	claims := shared.Core().V1().PersistentVolumeClaims().Informer()
	if err := expandClaims(ctx, client, claims, name); err != nil {
		return err
	}
	provisioning := controller.NewProvisionController(ctx, client, name, volumes,
		controller.LeaderElection(false),
		controller.ClaimsInformer(claims),
	)
	shared.Start(ctx.Done())
	provisioning.Run(ctx)
	return nil
}
