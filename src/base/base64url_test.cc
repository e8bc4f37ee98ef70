#include "gatehouse/base/base64url.h"

#include <gtest/gtest.h>

#include "gatehouse/base/random.h"

namespace gatehouse {
namespace {

TEST(Base64url, WritesWhatRfc4648Shows) {
  EXPECT_EQ(to_base64url(""), "");
  EXPECT_EQ(to_base64url("f"), "Zg");
  EXPECT_EQ(to_base64url("fo"), "Zm8");
  EXPECT_EQ(to_base64url("foo"), "Zm9v");
  EXPECT_EQ(to_base64url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64url("\x03\xec\xff\xe0\xc1"), "A-z_4ME");  // RFC 7515, appendix C
}

TEST(Base64url, ReadsBackWhatItWroteForEveryLength) {
  SeededRandom random(17);
  std::string again;
  for (std::size_t length = 0; length < 200; ++length) {
    std::string bytes(length, '\0');
    random.fill(std::as_writable_bytes(std::span(bytes)));
    const std::string text = to_base64url(bytes);
    ASSERT_TRUE(read_base64url(text, again)) << length;
    ASSERT_EQ(again, bytes) << length;
  }
}

TEST(Base64url, RefusesWhatIsNoSpelling) {
  for (const char* bad : {"Zg==", "Zg=", "Zm8=", "Zm9v=", "=", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v\t", "Zm9+", "Zm9/", "Zm9.", "Z", "Zm9vY",
                          "Zm9\xc3", "\xe4\xbd\xa0\xe5"}) {
    EXPECT_EQ(from_base64url(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(from_base64url(std::string_view("Zm\0v", 4)), std::nullopt);
}

// Of the characters that may stand last, one in 16 (after one byte) or in 4 (after two) leaves no bits over.
TEST(Base64url, RefusesBitsThatBelongToNoByte) {
  std::size_t one = 0, two = 0;
  for (const char last : base64url_alphabet) {
    one += from_base64url(std::string("Z") + last).has_value();
    two += from_base64url(std::string("Zm") + last).has_value();
  }
  EXPECT_EQ(one, 4U);
  EXPECT_EQ(two, 16U);
  EXPECT_EQ(from_base64url("Zh"), std::nullopt);
  EXPECT_EQ(from_base64url("Zm9"), std::nullopt);
}

TEST(Base64url, TakesNoByteThatIsNotInTheAlphabet) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool ours = base64url_alphabet.find(c) != std::string_view::npos;
    for (std::size_t place = 0; place < 4; ++place) {
      std::string text = "AAAA";
      text[place] = c;
      EXPECT_EQ(from_base64url(text).has_value(), ours) << byte << " at " << place;
    }
  }
}

}  // namespace
}  // namespace gatehouse
