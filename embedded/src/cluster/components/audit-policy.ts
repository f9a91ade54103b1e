/**
 * The API server's audit policy: who did what to which object, never a body, so that no Secret reaches the log.
 * The cluster's own components are left out: they are most of the traffic.
 */
export function renderAuditPolicy(): string {
  return `${JSON.stringify(
    {
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [
        {
          level: 'None',
          userGroups: ['system:nodes', 'system:serviceaccounts:kube-system'],
        },
        {
          level: 'None',
          users: [
            'system:apiserver',
            'system:kube-controller-manager',
            'system:kube-scheduler',
            'system:kube-proxy',
            'wharfinger:dns',
            'wharfinger:volumes',
          ],
        },
        { level: 'Metadata' },
      ],
    },
    null,
    2,
  )}\n`;
}
