import { describe, expect, it } from 'vitest';
import { planNetwork } from '../network/network-plan.ts';
import { planCertificates } from './certificate-plan.ts';
import { renderCertificateConfig } from './openssl-config.ts';

describe('renderCertificateConfig', () => {
  const requests = planCertificates(planNetwork());

  it('names every address of the API server', () => {
    const config = renderCertificateConfig(requests.find(({ name }) => name === 'apiserver')!);
    expect(config).toContain('IP:127.0.0.1, IP:10.87.0.1, IP:10.86.0.1');
    expect(config).toContain('extendedKeyUsage = serverAuth\n');
  });

  it("makes the kubelet a member of the nodes' group", () => {
    const config = renderCertificateConfig(requests.find(({ name }) => name === 'kubelet')!);
    expect(config).toContain('O = system:nodes\nCN = system:node:wharfinger\n');
  });

  it('leaves out alternative names that were not asked for', () => {
    expect(renderCertificateConfig({ name: 'a', commonName: 'a', usages: ['clientAuth'] })).not.toMatch(
      /alt/i,
    );
  });
});
