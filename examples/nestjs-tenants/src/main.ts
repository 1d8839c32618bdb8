import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { settingsFrom } from './settings.js';

const module = AppModule.forRoot(settingsFrom(process.env));
const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter());
app.enableShutdownHooks(); // calls in flight are settled before the process ends
await app.listen(Number(process.env.PORT ?? 3000));
