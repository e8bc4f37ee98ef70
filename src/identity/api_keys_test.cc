#include "gatehouse/identity/api_keys.h"

#include <gmock/gmock.h>

#include "gatehouse/base/hex.h"
#include "key_shape.h"

namespace gatehouse::identity {
namespace {

using ::testing::MatchesRegex;

constexpr std::uint64_t api_keys_seed = 23;

KeyHasher hasher(char fill = 'k') { return *KeyHasher::make(Secret<std::string>(std::string(32, fill))); }
std::string hex_of(const store::Digest& digest) {
  return to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

TEST(ApiKey, HasThePublishedShapeAndIsKeptAsAKeyedHash) {
  SeededRandom random(api_keys_seed);
  const KeySecret made = make_key_secret(hasher(), random);
  const std::string& key = made.text.expose();
  EXPECT_THAT(key, MatchesRegex("gh_[0-9a-f]+_[A-Za-z0-9_-]+"));
  EXPECT_EQ(key.size(), 55U);
  EXPECT_EQ(key.substr(3, 8), made.prefix);
  EXPECT_EQ(made.digest, hasher().digest(key));
  EXPECT_NE(made.digest, hasher('l').digest(key)) << "another master key";
  EXPECT_NE(make_key_secret(hasher(), random).text.expose(), key);
}

TEST(ApiKey, ASecondSecretKeepsThePrefix) {
  SeededRandom random(api_keys_seed);
  const KeySecret first = make_key_secret(hasher(), random), second = make_key_secret(hasher(), random, first.prefix);
  EXPECT_EQ(second.prefix, first.prefix);
  EXPECT_NE(second.text.expose(), first.text.expose());
}

TEST(ApiKey, HashIsHmacSha256OfTheWholeText) {
  EXPECT_EQ(hex_of(hasher().digest("gh_00000000_")), "aaf946e6d8554067bec86d5300d326c5164c49c5753f5a39029822f8085e669e");
}

TEST(ApiKey, OnlyWhatLooksLikeOneHasAPrefix) {
  SeededRandom random(api_keys_seed);
  const std::string key = make_key_secret(hasher(), random).text.expose();
  EXPECT_TRUE(prefix_of_key(key));
  for (std::string wrong : {std::string(), key + "A", key.substr(1), "GH" + key.substr(2), key.substr(0, 54) + "="}) {
    EXPECT_FALSE(prefix_of_key(wrong)) << wrong;
  }
  std::string upper = key;
  upper[3] = 'F';
  EXPECT_FALSE(prefix_of_key(upper));
}

}  // namespace
}  // namespace gatehouse::identity
