// Loaded before every script: sources are TypeScript, which Node runs by itself from 22.18 on. `npm ci` brings Node 24 on Linux and
// Windows; elsewhere, or without optional dependencies, the machine's own must do.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Interpose needs Node 24 (at least 22.18); this is ${process.version}. Run "npm ci" with optional dependencies, or install Node 24.\n`,
  );
  process.exit(2);
}
