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

TEST(MaskContent, TakesKeysOfTwentyCharactersAndSecretBytesInBase64) {
  EXPECT_EQ(mask_content("id AKIAIOSFODNN7EXAMPLE, then"), "id [secret], then");
  EXPECT_EQ(mask_content("secret=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY;"), "secret=[secret];");
  EXPECT_EQ(mask_content("Basic dXNlcjpwYXNzd29yZDE="), "Basic [secret]");
  EXPECT_EQ(mask_content("AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq==;"), "AccountKey=[secret];");
  EXPECT_EQ(mask_content("gho_16C7e42F292c6912E"), "[secret]");
  EXPECT_EQ(mask_content("Pa+9sXq2Lw0ZrT7vBn3Kd/"), "[secret]");
}

TEST(MaskContent, LeavesNamesAndPathsThatAreNoSecrets) {
  for (const char* text :
       {"smollm2-135m-instruct", "/usr/lib/x86_64-linux-gnu/libc.so.6", "https://example.org/docs/2026/how-to-begin/with-nothing",
        "src/main/java/org/example/HttpServer2Test.java", "and/or, he/she/they, 24/7", "a+b=c, x1/y2+z3==w4", "getElementById",
        "internationalisation/localisation", "/api/v1/admin/tenants/tenant-001/export", "Donaudampfschiffahrtsgesellschaft"}) {
    EXPECT_EQ(mask_content(text), text);
  }
}

TEST(MaskContent, TakesNumbersHoweverTheyAreSpaced) {
  EXPECT_EQ(mask_content("card 4111  1111  1111  1111."), "card [number].");
  EXPECT_EQ(mask_content("4111\xc2\xa0"
                         "1111\xe2\x80\xaf"
                         "1111\xe2\x80\x93"
                         "1111"),
            "[number]");
  EXPECT_EQ(mask_content("4 1 1 1 1 1 1 1 1"), "[number]");
  EXPECT_EQ(mask_content("(0) 30 / 12 3"), "(0) 30 / 12 3") << "seven digits at least";
  EXPECT_EQ(mask_content("+49 (0) 30 / 12 34 5"), "+[number]");
  EXPECT_EQ(mask_content("(030) - 123 4567"), "([number]");
  // 13800138000, full-width.
  EXPECT_EQ(mask_content("\xef\xbc\x91\xef\xbc\x93\xef\xbc\x98 \xef\xbc\x90\xef\xbc\x90\xef\xbc\x91\xef\xbc\x93 \xef\xbc\x98"), "[number]");
  EXPECT_EQ(mask_content("12, 34, 56, 78 and 90"), "12, 34, 56, 78 and 90");
}

// A run is looked at once: were it looked at from each of its places, this would take hours.
TEST(MaskContent, TakesNoLongerForRunsThatBeginEverywhere) {
  for (const std::string_view part :
       {"-", "a", "1", "a-", "a-1-", "1 ", "a@", "a-@", "+", "a.", "/", "=", "aB1/", "\xef\xbc\x91", "123456,"}) {
    std::string text;
    while (text.size() < 100'000) text += part;
    EXPECT_LE(mask_content(text).size(), text.size() + 8) << part;
    EXPECT_LE(mask_content(text + "@" + text).size(), 2 * text.size() + 9) << part;
  }
}

// Whatever comes: no text grows out of bounds, no run of seven digits is left, and masking twice changes nothing.
TEST(MaskContent, OfAnythingIsMasked) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  constexpr std::string_view letters = "aZ09 .-@_+%()/=\xe4\xb8\xad\xef\xbc\x91\n";
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    for (int n = static_cast<int>(random() % 120); n > 0; --n) text += letters[random() % letters.size()];
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
