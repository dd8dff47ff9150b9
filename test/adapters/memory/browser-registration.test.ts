import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testBrowserRegistration } from '../../suites/browser-registration.ts'

describe('registration in the browser on the memory store', () => testBrowserRegistration(async () => memoryStore()))
