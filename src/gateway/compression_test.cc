#include "compression.h"

#include <gmock/gmock.h>

namespace gatehouse::gateway {
namespace {

std::string some_json(std::size_t size) {
  std::string text = "{\"data\":[";
  for (int i = 0; text.size() < size; ++i) text += "{\"id\":" + std::to_string(i) + "},";
  return text.append("{}]}");
}

TEST(Gzip, GivesBackWhatWentIn) {
  for (const std::size_t size : {0UL, 1UL, 999UL, 1000UL, 65'536UL, most_compressed}) {
    const std::string plain = some_json(size), coded = gzipped(plain);
    ASSERT_TRUE(coded.starts_with("\x1f\x8b")) << size;
    EXPECT_EQ(gunzipped(coded, plain.size()), plain);
  }
  EXPECT_LT(gzipped(some_json(worth_compressing)).size(), worth_compressing / 2);
}

TEST(Gzip, TakesNothingThatIsBroken) {
  const std::string plain = some_json(2000), coded = gzipped(plain);
  EXPECT_EQ(gunzipped(coded.substr(0, coded.size() / 2), plain.size()), "");
  EXPECT_EQ(gunzipped(coded, plain.size() - 1), "");
  EXPECT_EQ(gunzipped(coded, plain.size() + 1), "");
  EXPECT_EQ(gunzipped("no gzip", 100), "");
}

TEST(Compression, IsForText) {
  for (const std::string_view text : {"application/json", "text/html; charset=utf-8", "text/plain", "text/javascript", "image/svg+xml"})
    EXPECT_TRUE(is_text(text)) << text;
  for (const std::string_view other :
       {"text/event-stream; charset=utf-8", "text/event-stream", "image/png", "application/octet-stream", ""}) {
    EXPECT_FALSE(is_text(other)) << other;
  }
}

// Tokens, keys and passwords come from POST routes that no model answers.
TEST(Compression, NeverTouchesWhatMayHandOutSecrets) {
  Route route{wire::Method::post,
              "/api/auth/login",
              Action::version,
              std::nullopt,
              Dialect::api,
              BodySize::api,
              seconds(30),
              "authentication",
              "",
              nullptr,
              nullptr};
  EXPECT_FALSE(may_compress(route));
  for (const identity::Scope scope :
       {identity::Scope::keys_write, identity::Scope::tenant_admin, identity::Scope::platform_admin, identity::Scope::models_write}) {
    route.needs = scope;
    EXPECT_FALSE(may_compress(route)) << to_string(scope);
  }
  for (const identity::Scope scope :
       {identity::Scope::llm, identity::Scope::embeddings, identity::Scope::predict, identity::Scope::nlu, identity::Scope::qa}) {
    route.needs = scope;
    EXPECT_TRUE(may_compress(route)) << to_string(scope);
  }
  route.method = wire::Method::get;
  route.needs.reset();
  EXPECT_TRUE(may_compress(route));
}

}  // namespace
}  // namespace gatehouse::gateway
