#include "gatehouse/wire/engine/bundle.h"

#include <gmock/gmock.h>

#include <array>

namespace gatehouse::wire::engine {
namespace {

std::string bundle_of(std::uint64_t first, std::uint64_t second, std::string_view bytes) {
  const std::array lengths{first, second};
  return bundle_head(lengths).append(bytes);
}

TEST(Bundle, GivesItsFilesBack) {
  const std::string bundle = bundle_of(3, 0, "abc");
  const auto files = files_in_bundle(bundle, 2);
  ASSERT_TRUE(files.ok());
  EXPECT_THAT(*files, testing::ElementsAre("abc", ""));
}

TEST(Bundle, HasNothingOverAndNothingMissing) {
  for (const std::string& bundle :
       {bundle_of(3, 1, "abc"), bundle_of(3, 0, "abcd"), bundle_of(~std::uint64_t{0}, 1, "ab"), std::string("short")}) {
    EXPECT_EQ(files_in_bundle(bundle, 2).error().reason(), "model_file_unusable");
  }
  EXPECT_FALSE(files_in_bundle(bundle_of(0, 0, ""), std::size_t{1} << 62).ok());
}

}  // namespace
}  // namespace gatehouse::wire::engine
