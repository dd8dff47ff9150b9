// A module for `--options`: a host's, with a store in its memory and a directory that names an epoch.
import { memoryStore } from '../../adapters/memory/memory-store.ts'

export const store = memoryStore()

export const options = () => ({
  store,
  directory: {
    lineage: async (id: string) => [
      { id, active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true, epoch: 'second' },
    ],
  },
})
