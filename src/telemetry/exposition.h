// telemetry/exposition.h — the pieces of Prometheus's text format.
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/telemetry/metrics.h"

namespace gatehouse::telemetry {

bool is_metric_name(std::string_view name);
bool is_label_name(std::string_view name);

// a="b",c="d" in the order of the names, without braces; empty for no labels.
std::string write_labels(Labels labels);
void append_head(std::string& out, std::string_view name, std::string_view help, std::string_view type);
void append_sample(std::string& out, std::string_view name, std::string_view labels, std::uint64_t value);
void append_sample(std::string& out, std::string_view name, std::string_view labels, double value);
// The series _bucket, _sum and _count.
void append_histogram(std::string& out, const std::string& name, const std::string& labels, const Histogram& histogram);

}  // namespace gatehouse::telemetry
