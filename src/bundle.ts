#!/usr/bin/env node
import { isMainThread } from 'node:worker_threads';

// The program is shipped as one file, so the folder thread starts from the same file.
void (isMainThread ? import('./main.ts') : import('./source/thread/folder-thread.ts'));
