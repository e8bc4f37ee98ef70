// config/files.h — the files that configuration comes from.
// Threads  blocks on the disk
// Errors   file_missing, file_unreadable; of secrets also secret_exposed, secret_empty → operator
#pragma once
#include <filesystem>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::config {

// The bytes of a configuration file of at most 1 MiB.
Result<std::string> read_text_file(const std::filesystem::path& path);

// One secret a file, at most 64 KiB, without the line break that ends it. A regular file (links are followed) that others cannot read
// and its group cannot write.
Result<Secret<std::string>> read_secret_file(const std::filesystem::path& path);

}  // namespace gatehouse::config
