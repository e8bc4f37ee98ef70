#include "fixed_messages.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "gatehouse/base/error.h"

namespace gatehouse::gateway {
namespace {

TEST(FixedMessages, AreAllKnownInChinese) {
  for (const std::string_view english :
       {"Missing or invalid Authorization header", "Invalid token", "Invalid token: missing tenant_id", "Token has expired",
        "Token has been revoked", "API key required", "Invalid or expired API key", "Incorrect username or password", "Tenant is disabled",
        "Inactive user", "Not enough permissions", "Daily quota exceeded", "Rate limit exceeded: 10 per 1 minute",
        "Internal server error, please try again later"}) {
    const std::string_view chinese = in_language(Language::chinese, english);
    EXPECT_NE(chinese, english);
    EXPECT_TRUE(std::ranges::any_of(chinese, [](char c) { return static_cast<unsigned char>(c) > 0x7f; })) << chinese;
    EXPECT_EQ(in_language(Language::english, english), english);
  }
}

TEST(FixedMessages, AreTheOnesThatClientsExpect) {
  EXPECT_EQ(in_language(Language::chinese, "Invalid token"), "无效的令牌");
  EXPECT_EQ(in_language(Language::chinese, "Rate limit exceeded: 10 per 1 minute"), "请求次数过多");
  EXPECT_EQ(in_language(Language::chinese, internal_error("any", "detail").public_text()), "服务器内部错误，请稍后重试");
}

TEST(FixedMessages, OthersStayAsTheyAre) {
  for (const std::string_view text : {"", "Invalid token ", "invalid token", "2 fields are wrong", "The Host field is missing"}) {
    EXPECT_EQ(in_language(Language::chinese, text), text);
  }
}

}  // namespace
}  // namespace gatehouse::gateway
