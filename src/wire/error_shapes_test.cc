#include "gatehouse/wire/error_shapes.h"

#include <gmock/gmock.h>

namespace gatehouse::wire {
namespace {

TEST(ErrorShapes, AreThoseOfTheDialects) {
  std::string out;
  write_oip_error(out, "say \"no\"");
  EXPECT_EQ(out, R"({"error":"say \"no\""})");
  out.clear();
  write_oauth_error(out, "invalid_request", "grant_type is missing");
  EXPECT_EQ(out, R"({"error":"invalid_request","error_description":"grant_type is missing"})");
}

TEST(ErrorShapes, AnOauthDescriptionHoldsWhatTheStandardAllows) {
  std::string out;
  write_oauth_error(out, "invalid_request", "a\"b\\c\nd无e\x7f");
  EXPECT_EQ(out, R"({"error":"invalid_request","error_description":"a'b'c?d?e?"})");
}

}  // namespace
}  // namespace gatehouse::wire
