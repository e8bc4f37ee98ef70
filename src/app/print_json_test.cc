#include "print_json.h"

#include <gmock/gmock.h>

#include <array>
#include <string_view>

namespace gatehouse::app {
namespace {

TEST(ObjectAsText, LinesUpWhatThereIs) {
  EXPECT_EQ(object_as_text(R"({"id":"a","tenant_id":"b","none":null,"on":true,"list":["x","y"],"n":3})"),
            "id         a\ntenant_id  b\non         yes\nlist       x y\nn          3\n");
}

TEST(ObjectAsText, DoesNothingToATerminal) {
  EXPECT_EQ(object_as_text(R"({"id":"\u001b[2J","a\u0007":{"b\u009b":["c\r"]}})"), "id     \\x1b[2J\na\\x07  b\\xc2\\x9b c\\x0d\n");
}

TEST(TableAsText, DoesNothingToATerminal) {
  constexpr std::array<std::string_view, 2> columns{"id", "n"};
  EXPECT_EQ(table_as_text(R"([{"id":"a\nb","n":1}])", columns), "id      n\na\\x0ab  1\n");
}

TEST(TableAsText, HasAColumnAMember) {
  constexpr std::array<std::string_view, 3> columns{"id", "n", "gone"};
  EXPECT_EQ(table_as_text(R"([{"id":"abc","n":1},{"id":"d","n":22,"more":1}])", columns), "id   n   gone\nabc  1   -\nd    22  -\n");
  EXPECT_EQ(table_as_text("[]", columns), "id  n  gone\n");
}

}  // namespace
}  // namespace gatehouse::app
