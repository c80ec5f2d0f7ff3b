import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAuthority, removeAuthority } from '../../../core/io/certificate-authority.ts';
import { defaultHome } from '../../engine/start-engine.ts';
import { type Invocation, UsageError } from '../command.ts';
import { print } from '../output.ts';

/** The certificate that clients must trust for tls:// and wss:// to be read. Its key never leaves its folder. */
export async function ca(invocation: Invocation): Promise<number> {
  const [verb] = invocation.operands;
  const folder = invocation.text('ca-dir') ?? join(defaultHome(), 'authority');
  switch (verb) {
    case 'export': {
      const { certificate } = await openAuthority(folder);
      const path = invocation.text('output');
      if (path === undefined) print(certificate);
      else {
        writeFileSync(path, certificate);
        print(`wrote ${path}`);
      }
      return 0;
    }
    case 'install-help': {
      const { subject, fingerprint, validUntil } = await openAuthority(folder);
      print(help(subject, fingerprint, validUntil));
      return 0;
    }
    case 'remove':
      await removeAuthority(folder);
      print(
        'removed; a new authority is made when one is needed next. Take the old certificate out of the places you trusted it in.',
      );
      return 0;
    default:
      throw new UsageError(`ca knows export, install-help and remove, not "${verb}"`);
  }
}

function help(subject: string, fingerprint: string, validUntil: Date): string {
  return `This machine's authority: ${subject}
SHA-256 ${fingerprint}
valid until ${validUntil.toISOString().slice(0, 10)}

First: interpose ca export -o interpose-ca.pem

Debian, Ubuntu    sudo cp interpose-ca.pem /usr/local/share/ca-certificates/interpose.crt && sudo update-ca-certificates
Fedora            sudo trust anchor interpose-ca.pem
macOS             security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db interpose-ca.pem
Windows           certutil -user -addstore Root interpose-ca.pem
Firefox           Settings, Privacy & Security, Certificates, Import
Node              NODE_EXTRA_CA_CERTS=interpose-ca.pem
Python            SSL_CERT_FILE=interpose-ca.pem (or cafile= in ssl.create_default_context)
curl, OpenSSL     --cacert interpose-ca.pem, -CAfile interpose-ca.pem
Android           Settings, Security, Install a certificate (apps must allow user authorities)
Unity             a certificate handler in the development build, or the system's store

A client that pins its server's certificate refuses ours whatever the system trusts: switch pinning off in the test build, or list
the host under tls.passThrough to let it through unread.`;
}
