#include "gatehouse/identity/password_rules.h"

#include <gmock/gmock.h>

#include "common_passwords.h"

namespace gatehouse::identity {
namespace {

std::string verdict(const std::string& password) {
  const Status checked = check_new_password(Secret<std::string>(password), "password");
  return checked ? "ok" : std::string(checked.error().reason());
}

TEST(NewPassword, HasEightToAThousandAndTwentyFourBytesOfAnything) {
  EXPECT_EQ(verdict(""), "password_too_short");
  EXPECT_EQ(verdict("correct"), "password_too_short");
  EXPECT_EQ(verdict("correct horse"), "ok");
  EXPECT_EQ(verdict("\xe7\x94\xb5\xe6\xb1\xa0\xe9\x92\x89"), "ok") << "three characters in nine bytes";
  EXPECT_EQ(verdict(std::string(8, '\0')), "ok");
  EXPECT_EQ(verdict("ZZZZZZZZZZZZzzzzz"), "ok") << "no rules about what it is made of";
  EXPECT_EQ(verdict(std::string(1024, 'x')), "ok");
  EXPECT_EQ(verdict(std::string(1025, 'x')), "password_too_long");
}

TEST(NewPassword, IsNoneThatIsTriedFirst) {
  // The first of the list, the last, and some between.
  for (const char* common : {"password", "PassWord", "12345678", "qwertyuiop", "iloveyou", "trustno1", "!qaz2wsx", "1q2w3e4r5t"}) {
    EXPECT_EQ(verdict(common), "password_too_common") << common;
  }
  for (const char* rare : {"password\n12345678", "\npassword\n", "passwordpasswordpassword", "assword1q"}) {
    EXPECT_EQ(verdict(rare), "ok") << rare;
  }
}

TEST(CommonPasswords, AreEachBetweenTwoEndsOfLines) {
  ASSERT_FALSE(common_passwords().empty());
  for (const std::string_view part : common_passwords()) {
    EXPECT_TRUE(part.starts_with('\n') && part.ends_with('\n'));
    const std::string first(part.substr(1, part.find('\n', 1) - 1)), last(part.substr(part.rfind('\n', part.size() - 2) + 1));
    EXPECT_EQ(verdict(first), "password_too_common") << first;
    EXPECT_EQ(verdict(last.substr(0, last.size() - 1)), "password_too_common") << last;
  }
}

TEST(NewPassword, IsRefusedByTheNameOfItsFieldAndWithoutBeingSaid) {
  const Status refused = check_new_password(Secret<std::string>("iloveyou"), "new_password");
  ASSERT_FALSE(refused.ok());
  ASSERT_EQ(refused.error().faults().size(), 1U);
  EXPECT_EQ(refused.error().faults()[0].path, "/new_password");
  EXPECT_THAT(refused.error().describe(), ::testing::Not(::testing::HasSubstr("iloveyou")));
}

}  // namespace
}  // namespace gatehouse::identity
