-- A workspace: one GeoPackage 1.3 file with the articles, what was found in them and every
-- correction.  Opens in any GIS, which sees the layer "incidents" as it stands.
PRAGMA application_id = 0x47504B47;  -- "GPKG"
PRAGMA user_version = 10300;

CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES
    ('Undefined cartesian', -1, 'NONE', -1, 'undefined', NULL),
    ('Undefined geographic', 0, 'NONE', 0, 'undefined', NULL),
    ('WGS 84', 4326, 'EPSG', 4326,
     'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]',
     NULL);
CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
    description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT '1970-01-01T00:00:00.000Z',
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
    srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
    CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));

CREATE TABLE articles (
    number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id TEXT NOT NULL UNIQUE, text TEXT NOT NULL, published TEXT, title TEXT, url TEXT,
    domain TEXT, text_sha256 TEXT NOT NULL, removed BOOLEAN NOT NULL DEFAULT 0,
    source_name TEXT, source_sha256 TEXT, brought_in TEXT);
CREATE TABLE analyses (
    number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    article TEXT NOT NULL REFERENCES articles(id), analysis TEXT NOT NULL);
CREATE INDEX analyses_by_article ON analyses (article, number);
CREATE TABLE corrections (
    number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    article TEXT NOT NULL REFERENCES articles(id), action TEXT NOT NULL, target TEXT,
    attribute TEXT, old TEXT, new TEXT, why TEXT NOT NULL, user TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX corrections_by_article ON corrections (article, number);
CREATE TRIGGER corrections_are_never_changed BEFORE UPDATE ON corrections
    BEGIN SELECT RAISE(ABORT, 'the log of corrections is append-only'); END;
CREATE TRIGGER corrections_are_never_deleted BEFORE DELETE ON corrections
    BEGIN SELECT RAISE(ABORT, 'the log of corrections is append-only'); END;
CREATE TABLE settings (
    number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, key TEXT NOT NULL UNIQUE, value TEXT);

-- The incidents as they stand after the corrections, for maps; written anew with every change.
CREATE TABLE incidents (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom GEOMETRY,
    article TEXT NOT NULL, incident TEXT NOT NULL, title TEXT, kind TEXT, modality TEXT,
    background BOOLEAN, date_start TEXT, date_end TEXT, place TEXT, precision TEXT,
    uncertainty_m INTEGER, confidence DOUBLE, quote TEXT, corrected TEXT, verified BOOLEAN);
CREATE INDEX incidents_by_article ON incidents (article);

INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES
    ('incidents', 'features', 'incidents', 4326),
    ('articles', 'attributes', 'articles', NULL),
    ('analyses', 'attributes', 'analyses', NULL),
    ('corrections', 'attributes', 'corrections', NULL),
    ('settings', 'attributes', 'settings', NULL);
INSERT INTO gpkg_geometry_columns VALUES ('incidents', 'geom', 'GEOMETRY', 4326, 0, 0);
INSERT INTO settings (key, value) VALUES ('workspace_version', '1');
