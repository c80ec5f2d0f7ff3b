export interface CertificateAuthority {
  readonly placeholder: never;
}
