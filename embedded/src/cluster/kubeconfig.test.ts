import { describe, expect, it } from 'vitest';
import { apiServerUrl, renderKubeconfig } from './kubeconfig.ts';
import { planNetwork } from './network/network-plan.ts';

describe('renderKubeconfig', () => {
  it('holds the credentials itself', () => {
    const text = renderKubeconfig('admin', apiServerUrl(planNetwork()), {
      authority: 'A',
      certificate: 'B',
      key: 'C',
    });
    const config = JSON.parse(text);
    expect(config.clusters[0].cluster).toEqual({
      server: 'https://10.86.0.1:6443',
      'certificate-authority-data': 'QQ==',
    });
    expect(config.users[0].user).toEqual({ 'client-certificate-data': 'Qg==', 'client-key-data': 'Qw==' });
    expect(config['current-context']).toBe(config.contexts[0].name);
  });
});
