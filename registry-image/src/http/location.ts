import type { Request } from 'express';
import type { Config } from '../config/schema.ts';
import type { Context } from './context.ts';

type Http = Config['http'];

/** The URL under which a path of this registry is reached by the client of this request. */
export function absoluteUrl(
  { services, request }: Pick<Context, 'services' | 'request'>,
  path: string,
): string {
  const { http } = services.config;
  const url = externalPath(http, path);
  return http.relativeurls ? url : originOf(request, http.host) + url;
}

/**
 * The path part of a URL of this registry: below the path of `http.host`, which is what clients see, else below
 * `http.prefix`. As a reference it is right for every client, wherever a proxy puts this registry.
 */
export function externalPath({ host, prefix }: Pick<Http, 'host' | 'prefix'>, path: string): string {
  const seen = host === undefined ? '' : new URL(host).pathname.replace(/\/+$/, '');
  return (seen === '' ? prefix : seen) + path;
}

/**
 * Scheme and authority under which the client of this request reaches this registry; '' when it did not say so in a form
 * that can stand in a URL: then the client resolves a path against its own request.
 * @param host `http.host`
 */
export function originOf(request: Request, host: string | undefined): string {
  if (host !== undefined) return new URL(host).origin;
  const { headers, socket } = request;
  const forwarded = parseForwarded(headers['forwarded']) ?? {
    proto: validProto(firstOf(headers['x-forwarded-proto'])),
    host: validAuthority(firstOf(headers['x-forwarded-host'])),
    port: validPort(firstOf(headers['x-forwarded-port'])),
  };
  const authority = forwarded.host ?? authorityOf(request);
  if (authority === undefined) return '';
  const encrypted = (socket as { encrypted?: boolean }).encrypted === true;
  const proto = forwarded.proto ?? (encrypted ? 'https' : 'http');
  const { port = usualPorts[proto] } = forwarded;
  const named = port === usualPorts[proto] || /:\d+$/.test(authority);
  return `${proto}://${named ? authority : `${authority}:${port}`}`;
}

const usualPorts = { http: '80', https: '443' } as const;

/** What the outermost proxy says of its client's request: in Forwarded (RFC 7239), else in the X-Forwarded fields. */
interface Forwarded {
  readonly proto?: 'http' | 'https' | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

/** The first element of a Forwarded field; undefined when there is none. */
function parseForwarded(header: string | undefined): Forwarded | undefined {
  if (header === undefined) return undefined;
  const first = /^(?:[^",]|"(?:[^"\\]|\\.)*")*/.exec(header)?.[0] ?? '';
  const pairs = new Map<string, string>();
  // A name is tried from its first character only, so that the time does not grow with the square of a long one.
  for (const [, name = '', token = '', quoted] of first.matchAll(
    /(?<![\w!#$%&'*+.^`|~-])([\w!#$%&'*+.^`|~-]+)=(?:([^\s;,"]+)|"((?:[^"\\]|\\.)*)")/g,
  )) {
    pairs.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? token);
  }
  return { proto: validProto(pairs.get('proto')), host: validAuthority(pairs.get('host')) };
}

function authorityOf(request: Request): string | undefined {
  // HTTP/2 has it in a pseudo field; a Host beside that must say the same (RFC 9113, 8.3.1).
  const pseudo = (request.headers as Readonly<Record<string, string | string[] | undefined>>)[':authority'];
  return validAuthority(firstOf(pseudo) ?? request.headers.host);
}

/** A host with or without a port, as it can stand in a URL; nothing else gets into an answer. */
function validAuthority(text: string | undefined): string | undefined {
  return text !== undefined && /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(text) ? text : undefined;
}

function validProto(text: string | undefined): 'http' | 'https' | undefined {
  const proto = text?.toLowerCase();
  return proto === 'http' || proto === 'https' ? proto : undefined;
}

function validPort(text: string | undefined): string | undefined {
  return text !== undefined && /^\d{1,5}$/.test(text) ? text : undefined;
}

function firstOf(header: string | string[] | undefined): string | undefined {
  const first = (Array.isArray(header) ? header[0] : header)?.split(',')[0]?.trim();
  return first === '' ? undefined : first;
}
