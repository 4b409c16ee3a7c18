"""A database in which Swedish was never active sends as well as any."""

from cases import Case
from days import today
from there import There
from workers import SEND_SOME

ENGLISH_ONLY = """
env.cr.execute("UPDATE res_partner SET lang = 'en_US' WHERE lang IS NOT NULL")
env.cr.execute("UPDATE res_lang SET active = (code = 'en_US')")
env.registry.clear_all_caches()
"""


def test_an_invoice_goes_and_the_customer_reads_swedish(setting):
    setting.sandbox.post("settings", rate_limit=False)
    # What the demo's Swedish clerk has sent goes first.
    setting.worker.do("cron")
    setting.worker.do("code", code=ENGLISH_ONLY)
    ((company,),) = setting.sql("SELECT company_id FROM nox_finans_connector")
    day = today().isoformat()
    setting.worker.do("code", code=SEND_SOME, company_id=company, count=1, day=day)
    ((case_id,),) = setting.sql("SELECT max(id) FROM nox_finans_case")
    case = Case(setting, case_id)
    case.sync()
    assert case.read()["state"] == "accepted"
    document = There(setting).invoice(case.number)
    assert (document["Country"], document["Language"]) == ("Sverige", "SV")
    assert document["Remarks"].startswith("Avser vår faktura ")
