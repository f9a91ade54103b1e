import type { RegistryStatus } from '../../api/registry-status.ts';
import type { EventFacts } from '../../kube/events.ts';

/** What became of the certificate and its CA between two statuses, for people. */
export function certificateEvents(before: RegistryStatus, after: RegistryStatus): EventFacts[] {
  return [...rotation(before, after), ...rollover(before.ca, after.ca)];
}

function rotation(before: RegistryStatus, after: RegistryStatus): EventFacts[] {
  const [was, is] = [before.certificate, after.certificate];
  if (is === undefined || was === undefined || is.fingerprint === was.fingerprint) return [];
  const why = is.issuedBecause === undefined ? '' : `, because of the one before: ${is.issuedBecause}`;
  const note = `there is a new serving certificate, valid until ${is.notAfter}${why}`;
  return [{ type: 'Normal', reason: 'CertificateRotated', action: 'RotateCertificate', note }];
}

type Authority = RegistryStatus['ca'];

function rollover(was: Authority, is: Authority): EventFacts[] {
  if (was === undefined || is === undefined) return [];
  const event = (reason: string, note: string): EventFacts => ({
    type: 'Normal',
    reason,
    action: 'RotateCA',
    note,
  });
  const events: EventFacts[] = [];
  if (was.phase !== 'Distributing' && is.phase === 'Distributing') {
    const until = is.phaseEnds === undefined ? 'shortly' : `from ${is.phaseEnds} on`;
    events.push(
      event('CARolloverStarted', `clients are given a new CA; ${until} the certificate is issued from it`),
    );
  }
  if (was.fingerprint !== is.fingerprint)
    events.push(event('CARotated', `certificates are issued from a new CA, valid until ${is.notAfter}`));
  if (was.phase !== 'Stable' && is.phase === 'Stable')
    events.push(event('CARetired', 'the CA before is published to clients no longer'));
  return events;
}
