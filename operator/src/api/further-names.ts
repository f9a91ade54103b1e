import { z } from 'zod';
import { Hostname, IpAddress } from './hostname.ts';

/** Fields for what a serving certificate names beside the hostname, whoever issues it. */
export const furtherNames = {
  dnsNames: z
    .array(Hostname)
    .max(64)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .default([])
    .describe("Names in the certificate beside the hostname and the Service's."),
  ipAddresses: z
    .array(IpAddress)
    .max(64)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .default([])
    .describe('Addresses in the certificate.'),
};
