/**
 * The local authority that signs for intercepted hosts. Made on first use, kept with owner-only rights in a directory; its
 * key never leaves it. Clients under test must trust its certificate (`interpose ca`).
 */
import 'reflect-metadata';
import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as x509 from '@peculiar/x509';
import { EngineError } from '../traffic/engine-error.ts';

export interface KeyPair {
  /** PEM. */
  readonly key: string;
  /** PEM, leaf first, then the authority. */
  readonly cert: string;
}

export interface CertificateAuthority {
  /** PEM, for clients to trust. */
  readonly certificate: string;
  /** SHA-256, as `AA:BB:…`. */
  readonly fingerprint: string;
  readonly subject: string;
  readonly validUntil: Date;
  /** File the certificate lies in. */
  readonly path: string;
  /** Key and certificate for a host name or address; made once per name. */
  leaf(host: string): Promise<KeyPair>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 24 * 60 * 60 * 1000;
const AUTHORITY_DAYS = 3650;
/** Browsers refuse leaves that live longer than 398 days. */
const LEAF_DAYS = 390;
const MAX_LEAVES = 10_000;
/** How long another engine may take between its two files. */
const MAKING_MS = 5000;
const MAKING_LOOK_MS = 20;
const CERTIFICATE = 'interpose-ca.pem';
const KEY = 'interpose-ca-key.pem';

type Keys = Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[0]['keys'];

const opened = new Map<string, Promise<CertificateAuthority>>();

/**
 * Opens the authority in `directory`, making it if there is none. Concurrent calls share one.
 * @throws EngineError `bad-config` when its files cannot be used.
 */
export function openAuthority(directory: string): Promise<CertificateAuthority> {
  let authority = opened.get(directory);
  if (authority === undefined) {
    authority = load(directory);
    opened.set(directory, authority);
    authority.catch(() => opened.delete(directory));
  }
  return authority;
}

/** Deletes certificate and key; the next use makes new ones. Clients should be told to stop trusting the old. */
export async function removeAuthority(directory: string): Promise<void> {
  opened.delete(directory);
  await Promise.all([CERTIFICATE, KEY].map((name) => rm(join(directory, name), { force: true })));
}

async function load(directory: string): Promise<CertificateAuthority> {
  const path = join(directory, CERTIFICATE);
  const keyPath = join(directory, KEY);
  let certificate: string;
  let key: string;
  try {
    [certificate, key] = await Promise.all([readFile(path, 'utf8'), readFile(keyPath, 'utf8')]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new EngineError(
        'bad-config',
        `The certificate authority in ${directory} cannot be read: ${String(error)}`,
        {
          cause: error,
        },
      );
    }
    ({ certificate, key } = await make(directory, path, keyPath));
  }
  try {
    return await use(path, certificate, key);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const text = `The certificate authority in ${directory} cannot be used: ${why}. Remove it (interpose ca remove) and a new one is made.`;
    throw new EngineError('bad-config', text, { cause: error });
  }
}

interface Made {
  /** PEM, both. */
  readonly certificate: string;
  readonly key: string;
}

async function make(directory: string, path: string, keyPath: string): Promise<Made> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as Keys;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: [`Interpose ${owner()}`] }, { O: ['Interpose local authority'] }],
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + AUTHORITY_DAYS * DAY),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pem = `${certificate.toString('pem')}\n`;
  const key = await exportKey(keys.privateKey);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  // Whoever makes the key file first makes the authority; the certificate appears whole, when both are there.
  try {
    await writeFile(keyPath, key, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return (await madeByAnother(path, keyPath)) ?? (await rm(keyPath, { force: true }), make(directory, path, keyPath));
  }
  const part = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(part, pem, { mode: 0o600 });
  await rename(part, path);
  return { certificate: pem, key };
}

/** What another engine is making at this moment; undefined when it was killed in between. */
async function madeByAnother(path: string, keyPath: string): Promise<Made | undefined> {
  for (const until = Date.now() + MAKING_MS; Date.now() < until; await setTimeout(MAKING_LOOK_MS)) {
    const certificate = await readFile(path, 'utf8').catch(() => undefined);
    if (certificate !== undefined) return { certificate, key: await readFile(keyPath, 'utf8') };
  }
  return undefined;
}

async function use(path: string, certificate: string, key: string): Promise<CertificateAuthority> {
  const own = new x509.X509Certificate(certificate);
  if (own.notAfter.getTime() < Date.now()) throw new Error(`it expired on ${own.notAfter.toISOString().slice(0, 10)}`);
  const der = x509.PemConverter.decodeFirst(key);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  const leafKeys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as Keys;
  const leafKey = await exportKey(leafKeys.privateKey);
  const issuerKey = await x509.AuthorityKeyIdentifierExtension.create(own);
  const leaves = new Map<string, Promise<KeyPair>>();
  const sign = async (host: string): Promise<KeyPair> => {
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: [{ CN: [host.slice(0, 64)] }],
      issuer: own.subject,
      notBefore: new Date(Date.now() - DAY),
      notAfter: new Date(Math.min(Date.now() + LEAF_DAYS * DAY, own.notAfter.getTime())),
      signingAlgorithm: ALGORITHM,
      publicKey: leafKeys.publicKey,
      signingKey: signingKey as Keys['privateKey'],
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: isIP(host) ? 'ip' : 'dns', value: host }]),
        issuerKey,
        await x509.SubjectKeyIdentifierExtension.create(leafKeys.publicKey),
      ],
    });
    return { key: leafKey, cert: `${leaf.toString('pem')}\n${certificate}` };
  };
  return {
    certificate,
    fingerprint: createHash('sha256')
      .update(new Uint8Array(own.rawData))
      .digest('hex')
      .toUpperCase()
      .replaceAll(/(..)(?=.)/g, '$1:'),
    subject: own.subject,
    validUntil: own.notAfter,
    path,
    leaf(host) {
      const name = host.toLowerCase();
      let pair = leaves.get(name);
      if (pair === undefined) {
        if (leaves.size >= MAX_LEAVES) leaves.clear();
        pair = sign(name);
        leaves.set(name, pair);
        pair.catch(() => leaves.delete(name));
      }
      return pair;
    },
  };
}

function serial(): string {
  // Positive and never zero: the first digit keeps the top bit clear.
  return `4${randomBytes(16).toString('hex').slice(1)}`;
}

async function exportKey(key: Keys['privateKey']): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

function owner(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return hostname();
  }
}
