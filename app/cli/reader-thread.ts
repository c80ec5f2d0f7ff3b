/** Entry of the thread that reads long captures. A thread has the compile cache only when it asks for it, and before anything is loaded. */
import { enableCompileCache } from 'node:module';

enableCompileCache();
await import('./reader-job.ts');
