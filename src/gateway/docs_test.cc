#include "docs.h"

#include <gmock/gmock.h>

#include <set>

#include "compression.h"
#include "test_head.h"

namespace gatehouse::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(EmbeddedFiles, UnpackToWhatTheySay) {
  std::set<std::string_view> names;
  for (const StaticFile& file : embedded_files()) {
    EXPECT_TRUE(names.insert(file.name).second) << file.name;
    EXPECT_EQ(gunzipped(file.gzip, file.size).size(), file.size) << file.name;
    const bool page = file.name.starts_with('/');
    EXPECT_EQ(page, file.media_type.starts_with("text/html")) << file.name;
    EXPECT_TRUE(page || file.name.find("." + std::string(file.tag) + ".") != std::string_view::npos) << file.name;
  }
  EXPECT_TRUE(names.contains("/docs") && names.contains("/redoc"));
}

// A name that was misspelled in a page would stay as it stands.
TEST(EmbeddedFiles, PagesNameFilesThatThereAre) {
  for (const StaticFile& page : embedded_files()) {
    if (!page.name.starts_with('/')) continue;
    const std::string html = gunzipped(page.gzip, page.size);
    EXPECT_THAT(html, Not(HasSubstr("{{")));
    std::size_t named = 0;
    for (std::size_t at = html.find("docs/static/"); at != std::string::npos; at = html.find("docs/static/", at + 1)) {
      const std::string name = html.substr(at + 12, html.find('"', at) - at - 12);
      EXPECT_TRUE(docs_file(name, head_with({})).ok()) << name;
      ++named;
    }
    EXPECT_GE(named, 3U) << page.name;
  }
}

TEST(DocsFile, IsNoPageAndNoOtherName) {
  for (const std::string_view name : {"", "/docs", "docs", "x.js", "..", "%2fdocs"}) EXPECT_FALSE(docs_file(name, head_with({}))) << name;
}

TEST(OpenApiFile, ComesInBothCodingsWithATagEach) {
  const std::string document(5000, 'x');
  const OpenApiFile file(document);
  const net::Response plain = file.response(head_with({}), Readers::all),
                      coded = file.response(head_with({{"Accept-Encoding", "gzip"}}), Readers::all);
  EXPECT_EQ(plain.body(), document);
  EXPECT_FALSE(plain.value_of("Content-Encoding"));
  EXPECT_EQ(coded.value_of("Content-Encoding"), "gzip");
  EXPECT_EQ(gunzipped(coded.body(), document.size()), document);
  EXPECT_NE(plain.value_of("ETag"), coded.value_of("ETag"));
  for (const net::Response* response : {&plain, &coded}) {
    EXPECT_THAT(std::string(response->value_of("Vary").value_or("")), AllOf(HasSubstr("Accept-Encoding"), HasSubstr("Authorization")));
    EXPECT_EQ(response->value_of("Cache-Control"), "no-cache");
  }
}

TEST(OpenApiFile, IsKeptByNobodyElseWhereItIsForOne) {
  EXPECT_EQ(OpenApiFile("{}").response(head_with({}), Readers::one).value_of("Cache-Control"), "private, no-cache");
}

TEST(OpenApiFile, IsNotSentAgainToThoseWhoHaveIt) {
  const OpenApiFile file("{}");
  const std::string etag(*file.response(head_with({}), Readers::all).value_of("ETag"));
  const net::Response again = file.response(head_with({{"If-None-Match", etag}}), Readers::all);
  EXPECT_EQ(again.status(), 304);
  EXPECT_EQ(again.body(), "");
  EXPECT_EQ(again.value_of("ETag"), etag);
  EXPECT_EQ(file.response(head_with({{"If-None-Match", etag}, {"Accept-Encoding", "gzip"}}), Readers::all).status(), 200)
      << "that is another tag";
  EXPECT_NE(etag, *OpenApiFile("{ }").response(head_with({}), Readers::all).value_of("ETag"));
}

}  // namespace
}  // namespace gatehouse::gateway
