import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifiesChain } from './certificate-chain.ts';
import { pathLengthOf } from './path-length.ts';
import { type Issued, issue } from './token-fixture.ts';

const root = issue('P-256');
const intermediate = issue('P-256', { by: root });
const leaf = issue('RSA', { by: intermediate, constraints: 'CA:FALSE' });
const day = 86_400_000;

function verifies(chain: Issued[], roots: Issued[] = [root], after = 0): boolean {
  return verifiesChain({
    chain: chain.map(({ certificate }) => certificate),
    roots: roots.map(({ certificate }) => certificate),
    now: new Date(Date.now() + after),
  });
}

describe('verifiesChain', () => {
  it('follows a chain to a root, in any order of its authorities', () => {
    const lower = issue('P-384', { by: intermediate });
    const deep = issue('Ed25519', { by: lower, constraints: 'CA:FALSE' });
    expect(verifies([root])).toBe(true);
    expect(verifies([intermediate])).toBe(true);
    expect(verifies([leaf, intermediate])).toBe(true);
    expect(verifies([leaf, intermediate, root])).toBe(true);
    expect(verifies([deep, intermediate, lower])).toBe(true);
    expect(verifies([deep, lower, intermediate])).toBe(true);
    expect(verifies([leaf], [leaf])).toBe(true);
  });

  it('refuses a chain that ends nowhere, or at a stranger', () => {
    const stranger = issue('P-256');
    const theirs = issue('RSA', { by: stranger, constraints: 'CA:FALSE' });
    expect(verifies([])).toBe(false);
    expect(verifies([leaf])).toBe(false);
    expect(verifies([theirs, stranger])).toBe(false);
    expect(verifies([theirs, intermediate, root])).toBe(false);
    expect(verifies([leaf, intermediate], [])).toBe(false);
  });

  it('refuses a chain by somebody who only has the name of a root', () => {
    const names = { name: 'same' };
    const [real, impostor] = [issue('P-256', names), issue('P-256', names)];
    const theirs = issue('RSA', { by: impostor, constraints: 'CA:FALSE', name: 'leaf' });
    expect(verifies([theirs], [impostor])).toBe(true);
    expect(verifies([theirs], [real])).toBe(false);
  });

  it('refuses a chain of which an authority is over', () => {
    const short = issue('P-256', { by: root, days: 1 });
    const long = issue('RSA', { by: short, constraints: 'CA:FALSE' });
    expect(verifies([long, short])).toBe(true);
    expect(verifies([long, short], [root], 1.5 * day)).toBe(false);
    expect(verifies([long], [short], 1.5 * day)).toBe(false);
  });

  it('refuses what was signed by a certificate that is no authority', () => {
    const byLeaf = issue('RSA', { by: leaf, constraints: 'CA:FALSE' });
    expect(verifies([byLeaf, leaf, intermediate])).toBe(false);
    expect(verifies([byLeaf], [leaf])).toBe(false);
  });

  it('refuses what is over, and what is not yet', () => {
    expect(verifies([leaf, intermediate], [root], 3 * day)).toBe(false);
    expect(verifies([leaf, intermediate], [root], -day)).toBe(false);
    expect(verifies([root], [root], 3 * day)).toBe(false);
  });

  it('refuses more authorities than one above them allows', () => {
    const last = issue('P-256', { by: root, constraints: 'CA:TRUE,pathlen:0' });
    const below = issue('P-256', { by: last });
    expect(pathLengthOf(last.certificate)).toBe(0);
    expect(pathLengthOf(root.certificate)).toBe(Infinity);
    expect(pathLengthOf(issue('RSA', { constraints: 'CA:TRUE,pathlen:300' }).certificate)).toBe(300);
    expect(verifies([issue('RSA', { by: last, constraints: 'CA:FALSE' }), last])).toBe(true);
    expect(verifies([issue('RSA', { by: below, constraints: 'CA:FALSE' }), below, last])).toBe(false);
  });

  it('looks at each certificate once, though every one of them could have issued every other', () => {
    const stranger = issue('P-256', { name: 'same' });
    const chain = Array.from({ length: 10 }, () => new X509Certificate(stranger.pem));
    const started = performance.now();
    expect(verifiesChain({ chain, roots: [root.certificate], now: new Date() })).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('refuses a chain that is too long to be meant', () => {
    expect(verifies([root, ...Array.from({ length: 10 }, () => root)])).toBe(false);
  });
});
