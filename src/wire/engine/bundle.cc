#include "gatehouse/wire/engine/bundle.h"

#include <bit>
#include <cstring>

namespace gatehouse::wire::engine {

static_assert(std::endian::native == std::endian::little);

std::string bundle_head(std::span<const std::uint64_t> lengths) {
  return {reinterpret_cast<const char*>(lengths.data()), lengths.size_bytes()};
}

Result<std::vector<std::string_view>> files_in_bundle(std::string_view bundle, std::size_t files) {
  const auto unusable = [] {
    return operator_error("model_file_unusable", "the files of the model do not come as they were put together");
  };
  if (files > bundle.size() / sizeof(std::uint64_t)) return unusable();
  std::string_view rest = bundle.substr(files * sizeof(std::uint64_t));
  std::vector<std::string_view> found;
  for (std::size_t i = 0; i < files; ++i) {
    std::uint64_t length = 0;
    std::memcpy(&length, bundle.data() + i * sizeof(length), sizeof(length));
    if (length > rest.size()) return unusable();
    found.push_back(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  if (!rest.empty()) return unusable();
  return found;
}

}  // namespace gatehouse::wire::engine
