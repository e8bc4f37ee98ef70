#include "gatehouse/wire/form/form.h"

#include <gmock/gmock.h>

namespace gatehouse::wire {
namespace {

std::string value_of(std::string_view text, std::string_view name) {
  const Result<Form> form = Form::parse(text);
  if (!form) return "refused: " + std::string(form.error().reason());
  return std::string(form->find(name).value_or("(none)"));
}

TEST(Form, ReadsNamesAndValues) {
  EXPECT_EQ(value_of("a=1&b=two+words%21", "a"), "1");
  EXPECT_EQ(value_of("a=1&b=two+words%21", "b"), "two words!");
  EXPECT_EQ(value_of("a=1&b=two+words%21", "c"), "(none)");
  EXPECT_EQ(value_of("%61=1", "a"), "1");
  EXPECT_EQ(value_of("a=b=c", "a"), "b=c");
  EXPECT_EQ(value_of("a", "a"), "");
  EXPECT_EQ(value_of("&&a=1&", "a"), "1");
  EXPECT_EQ(value_of("", "a"), "(none)");
  EXPECT_EQ(value_of("a=%E4%B8%AD", "a"), "\xE4\xB8\xAD");
}

TEST(Form, RefusesWhatIsNotPercentEncodedUtf8) {
  for (const char* text : {"a=%", "a=%4", "a=%4g", "a=%00", "a=%ff", "a=%C3", "%zz=1", "a=\xff", "a=%ED%A0%80"}) {
    EXPECT_EQ(value_of(text, "a"), "refused: form_malformed") << text;
  }
}

TEST(Form, TakesEachNameOnce) {
  const Result<Form> twice = Form::parse("a=1&%61=2");
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().reason(), "form_malformed");
  EXPECT_EQ(twice.error().param(), "a");
}

TEST(Form, HasLimits) {
  std::string many, last = "&x=1";
  for (int i = 0; i < 64; ++i) many.append(i == 0 ? "" : "&").append("n" + std::to_string(i) + "=");
  EXPECT_EQ(value_of(many, "n63"), "");
  EXPECT_EQ(value_of(many + last, "x"), "refused: form_too_large");
  EXPECT_EQ(value_of("a=" + std::string(64 * 1024, 'b'), "a"), "refused: form_too_large");
}

TEST(Segment, KeepsItsPlus) {
  EXPECT_EQ(unescape_segment("a+b%2Fc"), "a+b/c");
  EXPECT_EQ(unescape_segment("%"), std::nullopt);
}

TEST(Escaped, ComesBackAsItWas) {
  const std::string text = "a b/\xE4\xB8\xAD&=+%~";
  std::string escaped = "v=";
  append_escaped(escaped, text);
  EXPECT_EQ(value_of(escaped, "v"), text);
  EXPECT_EQ(unescape_segment(std::string_view(escaped).substr(2)), text);
}

}  // namespace
}  // namespace gatehouse::wire
