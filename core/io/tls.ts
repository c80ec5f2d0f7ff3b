/** TLS on either side of a relay: the upstream is verified, the client is shown a leaf of the local authority. */
import { appendFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import {
  connect as connectTls,
  createServer as createTlsServer,
  type PeerCertificate,
  rootCertificates,
  type SecureVersion,
  type TLSSocket,
} from 'node:tls';
import { printHostPort } from '../relay/endpoint-url.ts';
import { type ClientHello, readClientHello } from '../relay/client-hello.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { TlsSpec } from '../traffic/proxy-spec.ts';
import type { CertificateAuthority } from './certificate-authority.ts';

const HANDSHAKE_LIMIT_MS = 10_000;

export type Details = Record<string, string | number | boolean>;

/** Reads the client's hello and puts it back. `undefined`: it does not speak TLS, or went away. */
export function peekClientHello(socket: Socket): Promise<ClientHello | undefined> {
  return new Promise((resolve) => {
    let seen: Buffer = Buffer.alloc(0);
    const done = (hello: ClientHello | undefined): void => {
      clearTimeout(limit);
      socket.pause();
      socket.off('data', look);
      socket.off('close', gone);
      socket.off('end', gone);
      if (seen.length > 0 && !socket.destroyed) socket.unshift(seen);
      resolve(hello);
    };
    const gone = (): void => done(undefined);
    const look = (chunk: Buffer): void => {
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
      const hello = readClientHello(seen);
      if (hello !== 'incomplete') done(hello === 'no' ? undefined : hello);
    };
    const limit = setTimeout(gone, HANDSHAKE_LIMIT_MS);
    socket.on('data', look);
    socket.on('close', gone);
    socket.on('end', gone);
    socket.resume();
  });
}

export interface UpstreamTls {
  readonly socket: TLSSocket;
  /** ALPN the server chose. */
  readonly alpn: string | undefined;
  readonly details: Details;
}

/** @throws EngineError `tls-failed` with why the server was not accepted or did not accept us. */
export async function secureUpstream(
  wire: Socket,
  host: string,
  spec: TlsSpec,
  hello: ClientHello | undefined,
  alpn: readonly string[],
): Promise<UpstreamTls> {
  const name = spec.serverName ?? (isIP(host) === 0 ? host : hello?.serverName);
  const verify = spec.verify !== false;
  const [ca, cert, key] = await Promise.all([spec.ca, spec.cert, spec.key].map((path) => readPem(path)));
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      socket: wire,
      rejectUnauthorized: verify,
      ...(name === undefined ? { host } : { servername: name, host: name }),
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...versions(spec),
    });
    // It may be reset before anyone has taken it over, while the client still shakes hands.
    socket.on('error', () => undefined);
    const limit = setTimeout(
      () => fail(new Error('no answer to the TLS handshake within 10 seconds')),
      HANDSHAKE_LIMIT_MS,
    );
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(limit);
      socket.destroy();
      wire.destroy();
      reject(new EngineError('tls-failed', explainUpstream(name ?? host, wire, error), { cause: error }));
    };
    const closed = (): void => fail(new Error('the server closed the connection during the handshake'));
    logKeys(socket, spec.keyLog);
    socket.once('error', fail);
    socket.once('close', closed);
    socket.once('secureConnect', () => {
      clearTimeout(limit);
      socket.off('error', fail);
      socket.off('close', closed);
      socket.pause();
      const peer = socket.getPeerCertificate();
      resolve({
        socket,
        alpn: socket.alpnProtocol || undefined,
        details: {
          'upstream.tls': socket.getProtocol() ?? '',
          'upstream.cipher': socket.getCipher().name,
          'upstream.verified': socket.authorized,
          ...(name === undefined ? {} : { 'upstream.serverName': name }),
          ...describe(peer, 'upstream.certificate'),
        },
      });
    });
  });
}

export interface ClientTls {
  readonly socket: TLSSocket;
  readonly details: Details;
}

/** @throws EngineError `tls-failed` explaining a client that does not trust the authority. */
export async function secureClient(
  wire: Socket,
  authority: CertificateAuthority,
  host: string,
  spec: TlsSpec,
  alpn: readonly string[],
): Promise<ClientTls> {
  const pair = await authority.leaf(host);
  return new Promise((resolve, reject) => {
    // A server of its own for this connection: it never listens, and has exactly the certificate and ALPN agreed upstream.
    const server = createTlsServer({
      ...pair,
      requestCert: spec.requestCert === true,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_LIMIT_MS,
      pauseOnConnect: true,
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      ...versions(spec),
    });
    if (spec.keyLog !== undefined) {
      const { keyLog } = spec;
      server.on('keylog', (line) => appendFile(keyLog, line, { mode: 0o600 }, () => undefined));
    }
    const fail = (error: NodeJS.ErrnoException): void => {
      wire.off('close', gone);
      reject(new EngineError('tls-failed', explainClient(host, error), { cause: error }));
    };
    const gone = (): void => fail(new Error('the client closed the connection'));
    wire.once('close', gone);
    server.once('tlsClientError', fail);
    server.once('secureConnection', (socket) => {
      wire.off('close', gone);
      wire.allowHalfOpen = true;
      socket.allowHalfOpen = true;
      socket.on('error', () => undefined);
      socket.pause();
      const peer = spec.requestCert === true ? socket.getPeerCertificate() : undefined;
      resolve({
        socket,
        details: {
          tls: socket.getProtocol() ?? '',
          cipher: socket.getCipher().name,
          serverName: host,
          ...(socket.alpnProtocol ? { alpn: socket.alpnProtocol } : {}),
          ...(peer === undefined ? {} : describe(peer, 'client.certificate')),
        },
      });
    });
    // Whoever hangs up before the handshake is over is gone for good.
    wire.allowHalfOpen = false;
    server.emit('connection', wire);
  });
}

/** `*.example.com` covers `a.example.com`; `*` covers all. */
export function matchesHost(pattern: string, host: string): boolean {
  const escaped = pattern
    .toLowerCase()
    .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`).test(host.toLowerCase());
}

/** @throws EngineError `bad-config` when the file cannot be read. */
export async function readPem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why = (error as Error).message;
    throw new EngineError('bad-config', `The PEM file ${path} cannot be read: ${why}`, { cause: error });
  }
}

function versions(spec: TlsSpec): { minVersion?: SecureVersion; ciphers?: string } {
  const { minVersion } = spec;
  if (minVersion === undefined) return {};
  // OpenSSL offers the two oldest versions at its lowest security level only.
  const isOld = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  return { minVersion, ...(isOld ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}) };
}

function logKeys(socket: TLSSocket, path: string | undefined): void {
  if (path === undefined) return;
  socket.on('keylog', (line) => appendFile(path, line, { mode: 0o600 }, () => undefined));
}

function describe(peer: PeerCertificate, prefix: string): Details {
  if (peer.subject === undefined) return {};
  const name = (of: PeerCertificate['subject']): string => [of.CN, of.O].flat().filter(Boolean).join(', ');
  return {
    [prefix]: name(peer.subject),
    [`${prefix}.issuer`]: name(peer.issuer),
    [`${prefix}.validTo`]: peer.valid_to,
    [`${prefix}.sha256`]: peer.fingerprint256,
  };
}

function explainUpstream(name: string, wire: Socket, error: NodeJS.ErrnoException): string {
  const where = `${name} (${printHostPort(wire.remoteAddress ?? '', wire.remotePort ?? 0)})`;
  const trust = 'Give its authority with tls.ca, or set tls.verify to false for this proxy.';
  switch (error.code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
      return `The certificate of ${where} is signed by nobody this machine trusts (${error.code}). ${trust}`;
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return `The certificate of ${where} is ${error.code === 'CERT_HAS_EXPIRED' ? 'no longer' : 'not yet'} valid. ${trust}`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate of ${where} is for another name. Give the right one with tls.serverName, or set tls.verify to false.`;
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return `${where} does not speak TLS; use tcp:// or ws:// for the upstream.`;
    default:
      if (/ALERT_CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE|BAD_CERTIFICATE/.test(error.code ?? ''))
        return `${where} refused the handshake (${error.code}); it may want a client certificate (tls.cert and tls.key).`;
      return `The TLS handshake with ${where} failed: ${error.message}`;
  }
}

function explainClient(host: string, error: NodeJS.ErrnoException): string {
  const code = error.code ?? '';
  const alert = /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|ACCESS_DENIED)/.exec(code);
  if (alert !== null) {
    return (
      `The client does not trust the certificate shown for ${host} (TLS alert ${alert[1]!.toLowerCase().replaceAll('_', ' ')}). ` +
      'Let it trust the local authority (interpose ca); a client that pins its certificate must be built without the pin, ' +
      'or the host listed in tls.passThrough.'
    );
  }
  if (code === 'ECONNRESET' || /closed the connection|socket hang up|before secure TLS/.test(error.message)) {
    return (
      `The client ended the connection in the middle of the TLS handshake for ${host}, which is what clients do that pin ` +
      'certificates or do not trust the local authority (interpose ca). Untouched passage: list the host in tls.passThrough.'
    );
  }
  if (code === 'ERR_SSL_UNSUPPORTED_PROTOCOL') {
    return `The client offers only TLS versions below the minimum for ${host}; set tls.minVersion lower.`;
  }
  return `The TLS handshake with the client failed: ${error.message}`;
}
