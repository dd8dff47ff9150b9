import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testDevices } from '../../suites/devices.ts'

describe('devices on the memory store', () => testDevices(async () => memoryStore()))
