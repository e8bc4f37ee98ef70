// wire/engine/bundle.h — several files in one, where a model has more than one: their lengths, then one behind the other.
// Wire     for each file a little-endian u64, its length; then the bytes of all of them
// Threads  pure functions
// Errors   model_file_unusable, origin operator
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"

namespace gatehouse::wire::engine {

// What stands in front of the files.
std::string bundle_head(std::span<const std::uint64_t> lengths);
// The files, as parts of what is given.
Result<std::vector<std::string_view>> files_in_bundle(std::string_view bundle, std::size_t files);

}  // namespace gatehouse::wire::engine
