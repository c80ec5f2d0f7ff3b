import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: 'app/ui',
  base: '/',
  plugins: [react()],
  build: { outDir: '../../build/ui', emptyOutDir: true, chunkSizeWarningLimit: 2000 },
  test: {
    root: import.meta.dirname,
    include: [
      'core/**/*.test.ts',
      'dissectors/**/*.test.ts',
      'fixtures/**/*.test.ts',
      'app/**/*.test.ts',
      'app/**/*.e2e.ts',
    ],
    exclude: ['**/node_modules/**', 'build/**', 'release/**'],
    globalSetup: ['./.ci/global-setup.ts'],
    pool: 'forks',
    reporters: ['default', './.ci/summary-reporter.ts'],
    // Sockets, browsers and processes share a busy machine's clock: in CI a test may lose once. The summary counts such tests.
    retry: process.env.CI === undefined ? 0 : 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
