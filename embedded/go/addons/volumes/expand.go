package main

import (
	"context"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/retry"
	"k8s.io/klog/v2"
)

const provisionedBy = "pv.kubernetes.io/provisioned-by"

// expandClaims grants every larger request of a bound claim at once: a directory has no size of its own.
func expandClaims(ctx context.Context, client kubernetes.Interface, claims cache.SharedIndexInformer, provisioner string) error {
	expand := func(object any) {
		claim, ok := object.(*v1.PersistentVolumeClaim)
		if !ok || !wantsMore(claim) {
			return
		}
		if err := expandClaim(ctx, client, claim, provisioner); err != nil {
			klog.ErrorS(err, "expanding", "claim", klog.KObj(claim))
		}
	}
	_, err := claims.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    expand,
		UpdateFunc: func(_, object any) { expand(object) },
	})
	return err
}

func wantsMore(claim *v1.PersistentVolumeClaim) bool {
	wanted := claim.Spec.Resources.Requests[v1.ResourceStorage]
	return claim.Status.Phase == v1.ClaimBound && wanted.Cmp(claim.Status.Capacity[v1.ResourceStorage]) > 0
}

func expandClaim(ctx context.Context, client kubernetes.Interface, claim *v1.PersistentVolumeClaim, provisioner string) error {
	wanted := claim.Spec.Resources.Requests[v1.ResourceStorage]
	ours := true
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		volume, err := client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if ours = volume.Annotations[provisionedBy] == provisioner; !ours {
			return nil
		}
		volume.Spec.Capacity = v1.ResourceList{v1.ResourceStorage: wanted}
		_, err = client.CoreV1().PersistentVolumes().Update(ctx, volume, metav1.UpdateOptions{})
		return err
	})
	if err != nil || !ours {
		return err
	}
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		current, err := client.CoreV1().PersistentVolumeClaims(claim.Namespace).Get(ctx, claim.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		current.Status.Capacity = v1.ResourceList{v1.ResourceStorage: wanted}
		_, err = client.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, current, metav1.UpdateOptions{})
		return err
	})
}
