import { testOnMongo } from './mongodb-domain.ts'

testOnMongo('standalone')
