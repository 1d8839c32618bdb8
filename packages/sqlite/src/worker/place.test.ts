import { statfsSync } from 'node:fs';
import { isNetworkFileSystem } from './place.js';

test.each([
  ['NFS', 0x6969],
  ['SMB', 0xff534d42],
  ['SMB 2', 0xfe534d42],
])('%s is a network file system', (_name, type) => {
  expect(isNetworkFileSystem(type)).toBe(true);
});

test.each([
  ['ext4', 0xef53],
  ['overlay', 0x794c7630],
  ['tmpfs', 0x01021994],
  ["this folder's", statfsSync(__dirname).type],
])('%s is not', (_name, type) => {
  expect(isNetworkFileSystem(type)).toBe(false);
});
