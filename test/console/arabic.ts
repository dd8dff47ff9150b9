import type { Texts } from '../../src/console/texts/texts.ts'
import { counting } from '../../src/frame/counting.ts'

const count = counting('ar')

/** Arabic as a host would add it: six plural forms, written from right to left. What is not here stays English. */
export const arabic: Partial<Texts> = {
  consoleTitle: 'التطبيقات',
  apps: 'تسجيل التطبيقات',
  managed: 'إدارة التطبيقات',
  all: 'كل التطبيقات',
  skip: 'انتقل إلى المحتوى',
  acting: 'أنت تتصرف نيابة عن {name}. كل ما تفعله هنا يُسجَّل باسم دخولك.',
  backToOwn: 'العودة إلى تطبيقاتك',
  back: 'رجوع',
  ok: 'موافق',
  cancel: 'إلغاء',
  close: 'إغلاق',
  yes: 'نعم',
  no: 'لا',
  search: 'بحث',
  clearSearch: 'مسح البحث',
  filter: 'تصفية',
  any: 'الكل',
  select: (name) => `اختيار ${name}`,
  selectPage: 'اختيار كل ما في هذه الصفحة',
  selected: 'المحدد: {n}',
  removeSelected: 'إزالة المحدد',
  nextPage: 'الصفحة التالية',
  firstPage: 'الصفحة الأولى',
  appsFirst: (apps) =>
    count(apps, {
      zero: 'لا تطبيقات',
      one: 'تطبيق واحد',
      two: 'تطبيقان',
      few: '# تطبيقات',
      many: '# تطبيقًا',
      other: '# تطبيق',
    }),
  appsLead: 'تطبيقات سجّلها هذا الحساب. إيقاف تطبيق يوقف كل ما يفعله فورًا.',
  searchApps: 'ابحث عن تطبيق بالاسم',
  addApp: 'إضافة تطبيق',
  status: 'الحالة',
  active: 'نشط',
  suspended: 'موقوف',
  suspend: 'إيقاف',
  resume: 'استئناف',
  suspendApp: (name) => `إيقاف ${name}`,
  resumeApp: (name) => `استئناف ${name}`,
  isSuspended: 'تم إيقاف {name}. لا يمكنه الحصول على رموز أو إرسال طلبات حتى تستأنفه.',
  isResumed: 'عاد {name} نشطًا. الرموز التي لم تنته صلاحيتها تعمل من جديد.',
  suspendedBy: (name) => `أوقفه ${name}`,
  app: 'التطبيق',
  description: 'الوصف',
  instances: 'الحسابات',
  accessTokens: 'رموز الوصول',
  configured: 'تاريخ الإعداد',
  homepageOpens: 'الصفحة الرئيسية، في نافذة جديدة:',
  trusted: 'موثوق',
  publicApp: 'عام',
  ownKeys: 'مفاتيح خاصة',
  tokensTitle: 'رموز الوصول لـ {name}',
  expires: 'تنتهي',
  userAgent: 'وكيل المستخدم',
  issued: 'صدر',
  removeAppsTitle: (apps) =>
    count(apps, {
      one: 'إزالة تطبيق واحد؟',
      two: 'إزالة تطبيقين؟',
      few: 'إزالة # تطبيقات؟',
      many: 'إزالة # تطبيقًا؟',
      other: 'إزالة # تطبيق؟',
    }),
  removeAppHint: (accounts) =>
    accounts === undefined
      ? 'تفقده كل الحسابات. لا يمكن التراجع عن ذلك.'
      : count(accounts, {
          zero: 'لا يستخدمه أي حساب. لا يمكن التراجع عن ذلك.',
          one: 'يفقده حساب واحد. لا يمكن التراجع عن ذلك.',
          two: 'يفقده حسابان. لا يمكن التراجع عن ذلك.',
          few: 'تفقده # حسابات. لا يمكن التراجع عن ذلك.',
          many: 'يفقده # حسابًا. لا يمكن التراجع عن ذلك.',
          other: 'يفقده # حساب. لا يمكن التراجع عن ذلك.',
        }),
  endTokensHint: (accounts) =>
    accounts === undefined
      ? 'تُلغى فورًا كل رموز كل الحسابات. يبقى السر وتبقى الموافقات.'
      : count(accounts, {
          zero: 'تُلغى فورًا كل الرموز. لا يستخدم التطبيق أي حساب الآن. يبقى السر.',
          one: 'تُلغى فورًا كل الرموز، لحساب واحد. يبقى السر وتبقى الموافقات.',
          two: 'تُلغى فورًا كل الرموز، لحسابين. يبقى السر وتبقى الموافقات.',
          few: 'تُلغى فورًا كل الرموز، لـ # حسابات. يبقى السر وتبقى الموافقات.',
          many: 'تُلغى فورًا كل الرموز، لـ # حسابًا. يبقى السر وتبقى الموافقات.',
          other: 'تُلغى فورًا كل الرموز، لـ # حساب. يبقى السر وتبقى الموافقات.',
        }),
  allTokensRevoked: (accounts) =>
    accounts === undefined
      ? 'تُلغى كل رموز كل الحسابات. عدد الحسابات التي تستخدم التطبيق غير معروف الآن.'
      : count(accounts, {
          zero: 'تُلغى كل الرموز. لا يستخدم التطبيق أي حساب الآن.',
          one: 'تُلغى كل رموز حساب واحد، وعلى التطبيق أن يسأل من جديد.',
          two: 'تُلغى كل رموز حسابين، وعلى التطبيق أن يسأل من جديد.',
          few: 'تُلغى كل رموز # حسابات، وعلى التطبيق أن يسأل من جديد.',
          many: 'تُلغى كل رموز # حسابًا، وعلى التطبيق أن يسأل من جديد.',
          other: 'تُلغى كل رموز # حساب، وعلى التطبيق أن يسأل من جديد.',
        }),
  withdrawButton: (apps) =>
    count(apps, {
      one: 'إزالة تطبيق واحد',
      two: 'إزالة تطبيقين',
      few: 'إزالة # تطبيقات',
      many: 'إزالة # تطبيقًا',
      other: 'إزالة # تطبيق',
    }),
  withdrawn: (apps) =>
    count(apps, {
      one: 'أُزيل وصول تطبيق واحد.',
      two: 'أُزيل وصول تطبيقين.',
      few: 'أُزيل وصول # تطبيقات.',
      many: 'أُزيل وصول # تطبيقًا.',
      other: 'أُزيل وصول # تطبيق.',
    }),
  isRegistered: 'تم تسجيل {name}',
  adminEmail: 'البريد الإلكتروني للمسؤول',
  redirectUrl: (number) => `عنوان إعادة التوجيه ${number}`,
  secretStored: 'حفظت السر',
  goToApp: 'اذهب إلى التطبيق',
  appInfo: 'معلومات التطبيق',
  contactInfo: 'معلومات الاتصال',
  name: 'الاسم',
  homepage: 'الصفحة الرئيسية',
  required: 'مطلوب',
  keyAndSecret: 'المفتاح والسر',
  use: 'الاستخدام',
}
