#include "gatehouse/telemetry/audit_content.h"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse::telemetry {
namespace {

TEST(MaskContent, LeavesWhatSaysNothingOfAnybody) {
  for (const char* text : {"", "What is the capital of France?", "a@b", "@", "x@y.", "1234 56", "3.14159", "in 2026, 24 of 365",
                           "\xe5\xbc\xa0\xe4\xb8\x89 \xf0\x9f\x98\x80", "antidisestablishmentarianism", "1-2-3"}) {
    EXPECT_EQ(mask_content(text), text);
  }
}

TEST(MaskContent, TakesAddressesNumbersAndSecrets) {
  EXPECT_EQ(mask_content("write to Ada.L+x@mail.example.org."), "write to [e-mail].");
  EXPECT_EQ(mask_content("\xe9\x82\xae\xe7\xae\xb1 ada@example.org,bob@b.cn"), "\xe9\x82\xae\xe7\xae\xb1 [e-mail],[e-mail]");
  EXPECT_EQ(mask_content("call +86 138-0013-8000 now"), "call +[number] now");
  EXPECT_EQ(mask_content("(030) 1234567"), "([number]");
  EXPECT_EQ(mask_content("4111 1111 1111 1111"), "[number]");
  EXPECT_EQ(mask_content("id 11010519491231002X"), "id [number]X");
  EXPECT_EQ(mask_content("key gh_0123abcd_c2VjcmV0c2VjcmV0c2VjcmV0!"), "key [secret]!");
  EXPECT_EQ(mask_content("Bearer eyJhbGciOiJFZERTQSJ9AAAAA.eyJzdWIiOiJ1LTEifQAAAAAA.c2lnbmF0dXJlMTIzNDU2Nzg5"),
            "Bearer [secret].[secret].[secret]");
}

// Whatever comes: no text grows out of bounds, no run of seven digits is left, and masking twice changes nothing.
TEST(MaskContent, OfAnythingIsMasked) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  constexpr std::string_view letters = "aZ09 .-@_+%()/\xe4\xb8\xad\n";
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int n = static_cast<int>(random() % 80); n > 0; --n) text += letters[random() % letters.size()];
    const std::string masked = mask_content(text);
    EXPECT_LE(masked.size(), 8 * text.size() + 8);
    EXPECT_EQ(mask_content(masked), masked) << text;
    int digits = 0;
    for (const char c : masked) {
      digits = c >= '0' && c <= '9' ? digits + 1 : 0;
      EXPECT_LT(digits, 7) << text;
    }
  }
}

}  // namespace
}  // namespace gatehouse::telemetry
