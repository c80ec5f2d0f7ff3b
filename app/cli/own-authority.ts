import { join } from 'node:path';
import type { CertificateAuthority } from '../../core/io/certificate-authority.ts';
import { defaultHome } from '../engine/start-engine.ts';

/** This machine's. Certificates bring a large library: it is loaded only where TLS is listened on. */
export async function ownAuthority(): Promise<CertificateAuthority> {
  const { openAuthority } = await import('../../core/io/certificate-authority.ts');
  return openAuthority(join(defaultHome(), 'authority'));
}
