import { describe, expect, it } from 'vitest';
import { droppingChains, planFirewallRules } from './firewall.ts';
import { planNetwork } from './network-plan.ts';

describe('droppingChains', () => {
  it('reads the policies', () => {
    expect(droppingChains('-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT DROP\n-N DOCKER\n')).toEqual([
      'FORWARD',
    ]);
  });

  it('finds none in an empty table', () => {
    expect(droppingChains('')).toEqual([]);
  });
});

describe('planFirewallRules', () => {
  it('lets pods in, and both ways when packets are forwarded', () => {
    const rules = planFirewallRules(planNetwork(), ['INPUT', 'FORWARD']);
    expect(rules.map((rule) => rule.slice(0, 3).join(' '))).toEqual([
      'INPUT -s 10.86.0.0/24',
      'FORWARD -s 10.86.0.0/24',
      'FORWARD -d 10.86.0.0/24',
    ]);
  });
});
