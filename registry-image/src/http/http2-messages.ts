import express, { type Express } from 'express';
import { constants, Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** Bytes of a body that are held ready for its reader. */
const bodyBuffer = 64 * 1024;

/**
 * Requests of HTTP/2 with the meaning that the endpoints know from HTTP/1.1: `complete` is true when the whole body has come.
 * (Node's own is true as well when the client has reset the stream.)
 */
export class Http2Request extends Http2ServerRequest {
  constructor(...[stream, headers, options, rawHeaders]: ConstructorParameters<typeof Http2ServerRequest>) {
    // DATA frames come in pieces of 16 KiB: what has come while the last piece was worked on is read as one.
    super(stream, headers, { ...options, highWaterMark: bodyBuffer }, rawHeaders);
  }
}

/**
 * Responses of HTTP/2 with the meaning that the endpoints know from HTTP/1.1: `writableFinished` is true when the whole answer has
 * gone out, and `destroyed` tells that nothing can be sent. (Node's own is true as well for an answer that the client has reset,
 * and undefined.)
 */
export class Http2Response extends Http2ServerResponse {
  /** Cuts the answer off: the client gets a reset, which it cannot take for the end, as it could what Node sends. */
  override destroy(): this {
    if (!this.stream.destroyed) this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    return this;
  }
}

Object.defineProperty(Http2Request.prototype, 'complete', {
  configurable: true,
  get(this: Http2Request): boolean {
    const { stream } = this;
    return this.readableEnded || (!stream.destroyed && stream.state.remoteClose === 1);
  },
});

Object.defineProperties(Http2Response.prototype, {
  writableFinished: {
    configurable: true,
    get(this: Http2Response): boolean {
      return this.writableEnded && this.stream.writableFinished;
    },
  },
  destroyed: {
    configurable: true,
    get(this: Http2Response): boolean {
      return this.stream.destroyed;
    },
  },
});

/**
 * Makes an Express application serve such messages. Express gives each request and response a prototype that inherits
 * from those of HTTP/1.1, under which they cannot work: the same methods are put upon theirs.
 */
export function serveHttp2(app: Express): void {
  app.request = prototypeOf(Http2Request.prototype, express.request, app);
  app.response = prototypeOf(Http2Response.prototype, express.response, app);
}

function prototypeOf<T extends object>(base: object, methods: T, app: Express): T {
  const mixed = Object.create(base, Object.getOwnPropertyDescriptors(methods)) as object;
  return Object.create(mixed, {
    app: { configurable: true, enumerable: true, writable: true, value: app },
  }) as T;
}
