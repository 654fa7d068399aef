#pragma once
// The file format: header numbers, tables, indexes. docs: ARCHITECTURE.md.

#include "daemon/core/result.h"
#include "store/database.h"

namespace reporterd {

// What a file says about itself before anything in it is changed.
enum class FileKind { fresh, ours, newer, foreign };

inline constexpr int application_id = 0x52505254;  // "RPRT"
inline constexpr int schema_version = 1;           // PRAGMA user_version
inline constexpr int min_reader_version = 1;       // older programs must not read the file

// The next three remember failures in `database`.
FileKind kind_of_file(Database& database);
// Takes the file for this process and sets how it is written. `must_be_wal`: false for databases
// that live in memory.
void take_and_configure(Database& database, FileKind kind, bool must_be_wal);
// Makes tables in a fresh file, or migrates an older one; one transaction.
void prepare_schema(Database& database, FileKind kind);

}  // namespace reporterd
