import { testOnMongo } from './mongodb-domain.ts'

testOnMongo('replica set')
