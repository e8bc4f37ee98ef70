#include "exposition.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "utf8.h"

namespace gatehouse::telemetry {
namespace {

bool is_name(std::string_view name, bool colons) {
  const auto letter = [&](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':'); };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

// Prometheus refuses a whole scrape for one byte that is not UTF-8.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
  while (!text.empty()) {
    const Character c = first_character(text);
    const std::size_t size = c.size == 0 ? 1 : c.size;
    if (c.code_point == '\\') {
      out += "\\\\";
    } else if (c.code_point == '\n') {
      out += "\\n";
    } else if (c.code_point == '"' && quotes) {
      out += "\\\"";
    } else if (c.size == 0 || c.code_point < 0x20 || (c.code_point >= 0x7F && c.code_point < 0xA0)) {
      out += '?';
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
}

template <class Number>
std::string shortest(Number value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return std::string(digits, end);
}

std::string write_double(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return shortest(value);
}

void append_line(std::string& out, std::string_view name, std::string_view labels, std::string_view value) {
  out += name;
  if (!labels.empty()) {
    out += '{';
    out += labels;
    out += '}';
  }
  out += ' ';
  out += value;
  out += '\n';
}

}  // namespace

bool is_metric_name(std::string_view name) { return is_name(name, true); }
bool is_label_name(std::string_view name) { return is_name(name, false); }

std::string write_labels(Labels labels) {
  std::sort(labels.begin(), labels.end());
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += name;
    out += "=\"";
    append_escaped(out, value, true);
    out += '"';
  }
  return out;
}

void append_head(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
  out += "# HELP ";
  out += name;
  out += ' ';
  append_escaped(out, help, false);
  out += "\n# TYPE ";
  out += name;
  out += ' ';
  out += type;
  out += '\n';
}

void append_sample(std::string& out, std::string_view name, std::string_view labels, std::uint64_t value) {
  append_line(out, name, labels, shortest(value));
}

void append_sample(std::string& out, std::string_view name, std::string_view labels, double value) {
  append_line(out, name, labels, write_double(value));
}

void append_histogram(std::string& out, const std::string& name, const std::string& labels, const Histogram& histogram) {
  const Histogram::Reading reading = histogram.read();
  const std::string prefix = labels.empty() ? labels : labels + ",";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < reading.counts.size(); ++i) {
    below += reading.counts[i];
    const std::string bound = i < histogram.upper_bounds().size() ? write_double(histogram.upper_bounds()[i]) : "+Inf";
    append_sample(out, name + "_bucket", prefix + "le=\"" + bound + "\"", below);
  }
  append_sample(out, name + "_sum", labels, reading.sum);
  append_sample(out, name + "_count", labels, below);
}

}  // namespace gatehouse::telemetry
