-- Copyright: (c) 2026, the dcass.sftp contributors
-- GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A state of version 1, as the first version of the collection wrote it. It never changes: workstations have such.
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, what TEXT NOT NULL, purpose TEXT NOT NULL,
    began TEXT NOT NULL, settled TEXT, outcome TEXT);
INSERT INTO "attempts" VALUES(1,'CXYZ001','login','report_sync','2026-11-20T18:00:00.123456+08:00','2026-11-20T18:00:01.123456+08:00','accepted');
INSERT INTO "attempts" VALUES(2,'CXYZ001','login','report_sync','2026-11-20T18:00:09.123456+08:00',NULL,NULL);
CREATE TABLE debts (
    account TEXT NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL, day TEXT NOT NULL, lost_on TEXT,
    PRIMARY KEY (account, kind, what, day));
INSERT INTO "debts" VALUES('CXYZ001','expected','RX_*','2026-11-20',NULL);
INSERT INTO "debts" VALUES('CXYZ001','report','COMMON/x','2026-11-06','2026-11-20');
CREATE TABLE keys (
    account TEXT NOT NULL, fingerprint TEXT NOT NULL, made_on TEXT, registered_on TEXT, proven_at TEXT,
    PRIMARY KEY (account, fingerprint));
INSERT INTO "keys" VALUES('CXYZ001','5c:11:3c:0a:9e:25:ef:be:81:07:33:9d:cc:40:b1:6a','2026-11-18','2026-11-19','2026-11-20T18:00:00.123456+08:00');
CREATE TABLE reports (
    path TEXT PRIMARY KEY, folder TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, mtime INTEGER,
    sha256 TEXT NOT NULL, day TEXT, fetched_at TEXT NOT NULL, account TEXT NOT NULL);
INSERT INTO "reports" VALUES('COMMON/A.csv','COMMON','A.csv',10,1795168800,'abababababababababababababababababababababababababababababababab','2026-11-20','2026-11-20T18:00:00.123456+08:00','CXYZ001');
INSERT INTO "reports" VALUES('CXYZ/B.csv','CXYZ','B.csv',5,NULL,'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd',NULL,'2026-11-20T18:00:00.123456+08:00','CXYZ001');
CREATE TABLE syncs (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, scope TEXT NOT NULL, began TEXT NOT NULL, ended TEXT NOT NULL,
    downloaded INTEGER NOT NULL, bytes INTEGER NOT NULL);
INSERT INTO "syncs" VALUES(1,'CXYZ001','all','2026-11-20T18:00:00.123456+08:00','2026-11-20T18:00:03.123456+08:00',2,15);
CREATE INDEX attempts_by_time ON attempts (account, what, began);
COMMIT;
