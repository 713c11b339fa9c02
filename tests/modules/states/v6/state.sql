-- Copyright: (c) 2026, the dcass.sftp contributors
-- GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A state of version 6, as the collection of that time left it. It never changes.
BEGIN TRANSACTION;
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, what TEXT NOT NULL, purpose TEXT NOT NULL,
    began TEXT NOT NULL, settled TEXT, outcome TEXT, boot TEXT, began_up REAL, settled_up REAL);
INSERT INTO "attempts" VALUES(1,'CXYZ001','login','report_sync','2026-01-22T09:00:00+08:00','2026-01-22T09:00:00+08:00','accepted','first',60529600.0,60529600.0);
INSERT INTO "attempts" VALUES(2,'CXYZ001','login','report_sync','2026-01-22T10:00:00+08:00','2026-01-22T10:00:00+08:00','accepted','first',60533200.0,60533200.0);
INSERT INTO "attempts" VALUES(3,'CXYZ001','login','report_sync','2026-01-23T09:00:00+08:00','2026-01-23T09:00:00+08:00','accepted','first',60616000.0,60616000.0);
INSERT INTO "attempts" VALUES(4,'CXYZ001','login','key_renewal','2026-01-23T09:10:00+08:00','2026-01-23T09:10:00+08:00','accepted','first',60616600.0,60616600.0);
INSERT INTO "attempts" VALUES(5,'CXYZ001','upload','key_renewal','2026-01-23T09:10:00+08:00','2026-01-23T09:10:00+08:00','lost','first',60616600.0,60616600.0);
CREATE TABLE debts (
    account TEXT NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL, day TEXT NOT NULL, lost_on TEXT, size INTEGER, mtime INTEGER, error_code TEXT, reason TEXT,
    PRIMARY KEY (account, kind, what, day));
INSERT INTO "debts" VALUES('CXYZ001','expected','RX_AUDIT*','2026-01-22',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "debts" VALUES('CXYZ001','expected','RX_LIMIT*','2026-01-22',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE earlier_days (
    path TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL, day TEXT NOT NULL, PRIMARY KEY (path, day));
INSERT INTO "earlier_days" VALUES('COMMON/MARKET_20260122.csv','COMMON','MARKET_20260122.csv','2026-01-22');
CREATE TABLE evidence (
    account TEXT NOT NULL, number INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (account, number));
CREATE TABLE keys (
    account TEXT NOT NULL, fingerprint TEXT NOT NULL, made_on TEXT, registered_on TEXT, proven_at TEXT, last_day TEXT, compromised_at TEXT,
    PRIMARY KEY (account, fingerprint));
INSERT INTO "keys" VALUES('CXYZ001','{old}','2024-03-04','2024-03-04','2026-01-22T09:00:00+08:00',NULL,NULL);
INSERT INTO "keys" VALUES('CXYZ001','{new}','2026-01-23',NULL,NULL,NULL,NULL);
CREATE TABLE losses (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, found TEXT NOT NULL, counted INTEGER NOT NULL DEFAULT 0,
    at TEXT, boot TEXT, up REAL);
CREATE TABLE marked (account TEXT PRIMARY KEY, touched INTEGER);
INSERT INTO "marked" VALUES('CXYZ001',{touched});
CREATE TABLE partner_reports (
    account TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, mtime INTEGER,
    PRIMARY KEY (account, path));
CREATE TABLE renewal_events (
    id INTEGER PRIMARY KEY, renewal INTEGER NOT NULL, at TEXT NOT NULL, event TEXT NOT NULL, state TEXT NOT NULL);
INSERT INTO "renewal_events" VALUES(1,1,'2026-01-23T09:10:00+08:00','begun','planned');
INSERT INTO "renewal_events" VALUES(2,1,'2026-01-23T09:10:00+08:00','key made','made');
INSERT INTO "renewal_events" VALUES(3,1,'2026-01-23T09:10:00+08:00','upload started','sending');
CREATE TABLE renewals (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, state TEXT NOT NULL, began TEXT NOT NULL, ended TEXT,
    old_fingerprint TEXT NOT NULL, new_fingerprint TEXT, version TEXT, uploads INTEGER NOT NULL DEFAULT 0,
    seen_before TEXT NOT NULL DEFAULT '[]', uploaded_at TEXT, result_name TEXT, result TEXT, proven_at TEXT, result_day TEXT);
INSERT INTO "renewals" VALUES(1,'CXYZ001','sending','2026-01-23T09:10:00+08:00',NULL,'{old}','{new}','{new folder}',1,'[]','2026-01-23T09:10:00+08:00',NULL,NULL,NULL,NULL);
CREATE TABLE reports (
    path TEXT PRIMARY KEY, folder TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, mtime INTEGER,
    sha256 TEXT NOT NULL, day TEXT, fetched_at TEXT NOT NULL, account TEXT NOT NULL, listed_size INTEGER, confirmed INTEGER NOT NULL DEFAULT 1);
INSERT INTO "reports" VALUES('CXYZ/RX_MARGIN_20260122.csv','CXYZ','RX_MARGIN_20260122.csv',2000,1769043600,'32c9b4777f99c5401e6aa7f670323be9f29f9b8f9444016f69430ed7ab557b3d','2026-01-22','2026-01-22T09:00:00+08:00','CXYZ001',NULL,1);
INSERT INTO "reports" VALUES('COMMON/MARKET_20260122.csv','COMMON','MARKET_20260122.csv',1100,1769047200,'fb267ea8435a1be8c6daf8bb687bc073cd4a221346c955c505c6e460c8915397','2026-01-22','2026-01-22T10:00:00+08:00','CXYZ001',NULL,1);
INSERT INTO "reports" VALUES('CXYZ/RX_POSITION_20260122.csv','CXYZ','RX_POSITION_20260122.csv',3000,1769047200,'369e0a88e5be37d8bb9c8861eae9b0764d41fc0df089c28ff5c28287adfd7f7b','2026-01-22','2026-01-22T10:00:00+08:00','CXYZ001',NULL,1);
CREATE TABLE successors (
    path TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (path, sha256));
CREATE TABLE syncs (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, scope TEXT NOT NULL, began TEXT NOT NULL, ended TEXT NOT NULL,
    downloaded INTEGER NOT NULL, bytes INTEGER NOT NULL);
INSERT INTO "syncs" VALUES(1,'CXYZ001','all','2026-01-22T09:00:00+08:00','2026-01-22T09:00:00+08:00',2,3000);
INSERT INTO "syncs" VALUES(2,'CXYZ001','all','2026-01-22T10:00:00+08:00','2026-01-22T10:00:00+08:00',2,4100);
INSERT INTO "syncs" VALUES(3,'CXYZ001','all','2026-01-23T09:00:00+08:00','2026-01-23T09:00:00+08:00',0,0);
CREATE INDEX attempts_by_time ON attempts (account, what, began);
COMMIT;
PRAGMA user_version = 6;
