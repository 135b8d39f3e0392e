"""Public addresses (DESIGN section 4). Fixed routes stand before Wagtail's own."""

from django.contrib.sitemaps.views import index, sitemap
from django.urls import path

from cms import feeds
from cms.data import views as data
from cms.sitemaps import SITEMAPS
from cms.views import compare, consultations, flow, ledger, notices, openness, pages, registers, risks, stats

app_name = "cms"
urlpatterns = [
    path("power/", registers.power_list, name="power_list"),
    path("power/compare/", compare.compare, name="compare"),
    path("power/basic/<str:code>/", compare.basic, name="power_basic"),
    path("power/<str:code>/", registers.power, name="power"),
    path("power/<str:code>/versions/<int:number>/", registers.power_version, name="power_version"),
    path("flow/<slug:slug>/", flow.flow, name="flow"),
    path("flow/<slug:slug>/chart.bpmn", flow.flow_file, {"kind": "bpmn"}, name="flow_bpmn"),
    path("flow/<slug:slug>/chart.svg", flow.flow_file, {"kind": "svg"}, name="flow_svg"),
    path("flow/<slug:slug>/chart.png", flow.flow_file, {"kind": "png"}, name="flow_png"),
    path("flow/<slug:slug>/versions/<int:number>/", flow.flow_version, name="flow_version"),
    path("risks/", risks.risks, name="risks"),
    path("benchmarks/", registers.benchmark_list, name="benchmark_list"),
    path("benchmarks/<slug:slug>/", registers.benchmark, name="benchmark"),
    path("organisations/", registers.organisation_list, name="organisation_list"),
    path("organisations/<str:code>/", registers.organisation, name="organisation"),
    path("laws/", registers.law_list, name="law_list"),
    path("laws/<slug:slug>/", registers.law, name="law"),
    path("cases/", pages.case_list, name="case_list"),
    path("cases/<slug:number>/", pages.case, name="case"),
    path("library/", pages.library, name="library"),
    path("library/<slug:slug>/", pages.library_article, name="library_article"),
    path("notices/", pages.notice_list, name="notice_list"),
    path("notices/matrix/", openness.matrix, name="notice_matrix"),
    path("notices/<slug:slug>/", notices.notice, name="notice"),
    path("consultations/", consultations.consultation_list, name="consultation_list"),
    path("consultations/<slug:slug>/", consultations.consultation, name="consultation"),
    path("about/", pages.standing, {"slug": "about"}, name="about"),
    path("privacy/", pages.standing, {"slug": "privacy"}, name="privacy"),
    path("accessibility/", pages.standing, {"slug": "accessibility"}, name="accessibility"),
    path("site-map/", pages.site_map, name="site_map"),
    path("stats/", stats.stats, name="stats"),
    path("ledger/", ledger.ledger, name="ledger"),
    path("data/", data.data, name="data"),
    path("data/<slug:kind>.csv", data.one_register, {"suffix": "csv"}, name="data_csv"),
    path("data/<slug:kind>.jsonl", data.one_register, {"suffix": "jsonl"}, name="data_jsonl"),
    path("data/<slug:kind>.xlsx", data.one_register, {"suffix": "xlsx"}, name="data_xlsx"),
    path("data/schema/<slug:kind>.json", data.schema, name="data_schema"),
    path("data/dictionary/fields.csv", data.fields, name="data_fields"),
    path("data/qingfeng.zip", data.archive, name="data_archive"),
    path("data/catalogue.jsonld", data.catalogue, name="data_catalogue"),
    path(
        "sitemap.xml", index, {"sitemaps": SITEMAPS, "sitemap_url_name": "cms:sitemap"}, name="sitemap_index"
    ),
    path("sitemap-<section>.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("feeds/latest.atom", feeds.Latest(), name="feed_latest"),
    path("feeds/<slug:kind>.atom", feeds.Register(), name="feed"),
    path("feeds/<slug:kind>/<str:key>.atom", feeds.Record(), name="feed_record"),
]
