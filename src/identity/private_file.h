// identity/private_file.h — files and folders that nobody else may read, written whole or not at all.
// Threads  blocks on the disk
// Errors   data_io, data_folder_exposed and those of PrivateFile → operator
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::identity {

// The system's word for errno behind what was tried.
Error data_io(std::string_view tried, const std::filesystem::path& path, int error_number);

// DATA, and those above it that are missing. DATA is made with 0700; one that stands keeps its mode, but strangers may not write to it.
Status make_data_folder(const std::filesystem::path& data);
// One folder of mode 0700 in a folder that stands. One that stands already is left as it is.
Status make_private_folder(const std::filesystem::path& folder);
Result<Fd> open_folder(const std::filesystem::path& folder);

// What to say about a file that is not as it must be.
struct PrivateFile {
  std::string_view missing, exposed, damaged;  // reasons
  std::string_view advice;                     // what to do when it is missing or damaged
  std::size_t most;                            // bytes
};
// Nothing wider than 0600, owned by whom we run as, a regular file.
Result<Secret<std::string>> read_private(const std::filesystem::path& path, const PrivateFile& file);
// The reason exposed when the folder or file can be read by others, or is another's.
Status check_private(const Fd& opened, const std::filesystem::path& path, mode_t widest, std::string_view exposed);
Error damaged(const std::filesystem::path& path, const PrivateFile& file, std::string_view what);

// folder/name with mode 0600 holds exactly these bytes, and is on the disk. One writer at a time: what a writer that was killed
// left behind is thrown away.
Status write_private(const std::filesystem::path& path, std::string_view bytes);

}  // namespace gatehouse::identity
